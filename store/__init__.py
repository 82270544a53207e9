"""What is remembered. Only here is SQLAlchemy known.

Never goes in here: judgement about what may be done; the store keeps what policy decided.
"""
