"""The terminal as a chat platform: what is typed becomes a Message, what comes back is drawn with rich."""
