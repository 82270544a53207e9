"""`/hilda` and its words, a file for each idea: questions, decisions, what there is, quiet.

Slack waits three seconds for each. Never goes in here: what to answer to a question, and who may do what.
"""
