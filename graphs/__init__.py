"""The workflows: what happens, in which order. They propose and never act: `hands` cannot be imported here."""
