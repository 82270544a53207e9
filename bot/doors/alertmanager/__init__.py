"""The way in for alerts of an Alertmanager that cannot call: it is asked. What calls comes by bot/doors/http."""
