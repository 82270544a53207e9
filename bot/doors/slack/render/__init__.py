"""Cards as Slack payloads: pure functions, so that every card can be looked at without a workspace."""
