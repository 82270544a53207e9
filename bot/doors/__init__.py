"""The ways in and out; each folder translates one platform into our words and back, nothing more."""
