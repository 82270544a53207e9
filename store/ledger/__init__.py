"""Proposals, decisions, claims, executions and the audit: the record that acting stands on."""
