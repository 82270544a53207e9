"""The Slack door: what comes in by Slack as words of ours, and cards as Block Kit.

Slack's libraries are known nowhere else. Never goes in here: what to answer, and who may do what.
"""
