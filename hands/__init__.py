"""Acting: claim, sandbox, proxy, verification.

Never goes in here: chat, language models, workflows. What runs was approved as bytes elsewhere.
"""
