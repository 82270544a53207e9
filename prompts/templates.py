"""Loads a prompt template of this folder and fills its {{slots}}."""

import re
from importlib import resources

_SLOT = re.compile(r"\{\{(\w+)\}\}")


def fill(name: str, **values: str) -> str:
    """The template `name`.md with every slot filled; KeyError names a slot without a value."""
    text = resources.files("prompts").joinpath(f"{name}.md").read_text(encoding="utf-8")
    return _SLOT.sub(lambda slot: values[slot[1]], text)
