"""What may stand behind the language of a fenced block, read the way Runme reads it.

Runme takes the text from the first `{` to the first `}` as one JSON object and turns every value into a string. So a
value here is a string without braces; what needs a slot stands in the prose.
"""

import json

from domain.risk import Risk

COMMAND_LANGUAGES = ("sh", "bash", "shell")
RUNME_OWN = frozenset(
    {"name", "tag", "category", "excludeFromRunAll", "interactive", "background", "closeTerminalOnSuccess", "cwd"}
    | {"id", "interpreter", "mimeType", "promptEnv", "terminalRows"}
)
OURS = frozenset({"risk", "done_when", "when", "instead_of", "after", "for", "irreversible", "otherwise"})
METRIC = frozenset({"name", "title", "compare", "bound", "factor", "unit", "instead_of", "excludeFromRunAll"})
TAGS = ("look", "do", "verify", "undo")
RISKS = {risk.name: risk for risk in (Risk.read, Risk.low, Risk.medium, Risk.high)}
COMPARISONS = ("<", "<=", ">", ">=")


class BadAttributes(ValueError):
    """Text behind the language that is not one flat JSON object of strings."""


def read_info(info: str) -> tuple[str, dict[str, str]]:
    """Language and attributes of a fence; the attributes are empty where there are none."""
    language, _, rest = info.strip().partition(" ")
    if "{" in language:
        language, brace, tail = language.partition("{")
        rest = brace + tail + (" " + rest if rest else "")
    rest = rest.strip()
    if not rest:
        return language.lower(), {}
    try:
        value = json.loads(rest)
    except (ValueError, RecursionError):
        raise BadAttributes(
            f'what follows "{language}" has to be a JSON object such as {{"name":"look","tag":"look"}}'
        ) from None
    if not isinstance(value, dict):
        raise BadAttributes("the attributes have to be one JSON object")
    for key, item in value.items():
        if not isinstance(item, str):
            raise BadAttributes(f'the value of "{key}" has to be a string, as Runme writes it')
        if "{" in item or "}" in item:
            raise BadAttributes(
                f'the value of "{key}" holds a brace, where Runme stops reading; slots go into the prose'
            )
    return language.lower(), value


def listed(text: str) -> tuple[str, ...]:
    """Names in an attribute, separated by spaces or commas."""
    return tuple(text.replace(",", " ").split())
