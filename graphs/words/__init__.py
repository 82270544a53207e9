"""What Hilda says when no model says it better: cards from findings, plans and outcomes. Pure functions."""
