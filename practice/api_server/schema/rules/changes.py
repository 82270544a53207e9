"""How the API server shows what an update would change in a spec that may not change: lines of JSON, compared."""

import difflib
import json

from practice.api_server.schema.schemas import Json


def shown_change(kind: str, old: Json, new: Json) -> str:
    """A unified difference of the two."""
    before, after = (json.dumps(each, indent=1, sort_keys=True).splitlines() for each in (old, new))
    lines = list(difflib.unified_diff(before, after, lineterm=""))[2:]
    return "\n".join(lines) + "\n"
