"""The Teams door: activities in, Adaptive Cards out. botbuilder is known only here; nothing that decides goes in."""
