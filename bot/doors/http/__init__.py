"""The HTTP door: one FastAPI app in which other doors have their routes. Never goes in here: what to answer."""
