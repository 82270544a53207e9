"""Secret values stay in the cluster: stripped from what is read, never asked for where answers pass unread."""

import re
from urllib.parse import unquote

from domain.errors import ToolFailed
from domain.plain_json import Json, dig

_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def without_secret_data(value: Json) -> Json:
    """A Secret, or a list of them, without values: also not those that `kubectl apply` left in the annotation."""
    if isinstance(value.get("items"), list):
        return {**value, "items": [without_secret_data(item) for item in value["items"] if isinstance(item, dict)]}
    if isinstance(value.get("rows"), list):
        rows = [{**row, "object": without_secret_data(row.get("object") or {})} for row in value["rows"]]
        return {**value, "rows": rows}
    kept = {key: part for key, part in value.items() if key not in {"data", "stringData"}}
    annotations = dig(value, "metadata", "annotations", default={})
    if _LAST_APPLIED in annotations:
        cleaned = {key: text for key, text in annotations.items() if key != _LAST_APPLIED}
        kept["metadata"] = {**value["metadata"], "annotations": cleaned}
    return kept


def resource_of(path: str) -> str:
    """The plural that an API path is about: `pods` for /api/v1/namespaces/shop/pods/web-1/log."""
    parts = [part for part in unquote(path).split("/") if part]
    rest = parts[2:] if parts[:1] == ["api"] else parts[3:] if parts[:1] == ["apis"] else []
    if rest[:1] == ["watch"]:
        rest = rest[1:]
    if rest[:1] == ["namespaces"] and len(rest) > 2 and rest[2] not in {"status", "finalize"}:
        rest = rest[2:]
    return rest[0].lower() if rest else ""


def refuse_secrets(path: str) -> None:
    """Raw answers are passed on unread, so Secrets are never asked for that way."""
    plain = unquote(path)
    if "//" in plain or re.search(r"(^|/)\.\.?(/|$)", plain) or "%" in plain or "?" in plain or "#" in plain:
        raise ToolFailed(f"{path!r} is not a plain API path.", status=400)
    if resource_of(plain) == "secrets":
        raise ToolFailed("Secrets are not read: their values never leave the cluster through Hilda.", status=403)
