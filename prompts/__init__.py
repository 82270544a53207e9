"""How we ask a model: Markdown templates, never Python strings elsewhere."""
