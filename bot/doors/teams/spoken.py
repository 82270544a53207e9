"""What somebody wrote in Teams, read back as the words they meant."""

import html
import re

from domain.plain_json import Json, dig

_TAGS = re.compile(r"</?(p|div|br|span|strong|em|b|i|u|pre|code|a|ul|ol|li|blockquote)\b[^>]*>", re.IGNORECASE)
_BREAKS = re.compile(r"<(br|/p|/div|/li|/pre)\b[^>]*>", re.IGNORECASE)


def words(activity: Json) -> str:
    """The text without the mention of ourselves; other people's mentions as `@name`."""
    said = str(activity.get("text") or "")
    us = str(dig(activity, "recipient", "id", default=""))
    for entity in activity.get("entities") or ():
        if not isinstance(entity, dict) or entity.get("type") != "mention":
            continue
        shown = str(entity.get("text") or "")
        name = str(dig(entity, "mentioned", "name", default=""))
        if shown:
            mine = dig(entity, "mentioned", "id") == us
            said = said.replace(shown, " " if mine else f"@{name}")
    if activity.get("textFormat") != "plain" or "<at>" in said:
        said = re.sub(r"</?at\b[^>]*>", "", said)
    if activity.get("textFormat") == "xml":
        said = _TAGS.sub("", _BREAKS.sub("\n", said))
    return html.unescape(said).replace("\N{NO-BREAK SPACE}", " ").strip()


def mentioned(activity: Json) -> tuple[str, ...]:
    """Teams' own names of the other people that are mentioned, each once."""
    us = dig(activity, "recipient", "id")
    found = (
        str(dig(entity, "mentioned", "id", default=""))
        for entity in activity.get("entities") or ()
        if isinstance(entity, dict) and entity.get("type") == "mention"
    )
    return tuple(dict.fromkeys(account for account in found if account and account != us))


def mentions_us(activity: Json) -> bool:
    us = dig(activity, "recipient", "id")
    return any(
        isinstance(entity, dict) and entity.get("type") == "mention" and dig(entity, "mentioned", "id") == us
        for entity in activity.get("entities") or ()
    )
