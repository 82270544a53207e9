"""Alertmanager, by its HTTP API (v2): what fires, what is silenced. Never goes in here: what to do about an alert."""
