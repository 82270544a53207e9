"""Prometheus' HTTP API from memory: scraping, queries, alert rules, and alerts as Alertmanager lists them."""
