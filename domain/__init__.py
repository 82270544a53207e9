"""The words everyone shares: frozen values without behaviour that reaches outside.

Never goes in here: input and output, clocks, third-party clients, anything a single folder could keep to itself.
"""
