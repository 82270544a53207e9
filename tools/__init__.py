"""The eyes: every way of looking outside. One file per tool.

Never goes in here: chat, models, workflows, anything that changes what it looks at.
"""
