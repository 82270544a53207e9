"""The reader's time zone: as given, as TZ says, as the machine is set."""

import os
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.errors import Misconfigured

_LOCALTIME = Path("/etc/localtime")
_NAME_FILE = Path("/etc/timezone")


def reader_zone(wanted: str = "") -> ZoneInfo:
    """The zone called `wanted`, or this terminal's own; UTC where the machine does not say."""
    if wanted:
        zone = _zone(wanted)
        if zone is None:
            raise Misconfigured(f"There is no time zone {wanted!r}. Give its IANA name, as in Europe/Berlin or UTC.")
        return zone
    named = (os.environ.get("TZ", "").lstrip(":"), _of_link(_LOCALTIME), _of_file(_NAME_FILE))
    return next((zone for name in named if name and (zone := _zone(name))), ZoneInfo("UTC"))


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _of_link(path: Path) -> str:
    """`/etc/localtime` is a link into the zone database; its tail is the zone's name."""
    try:
        return str(path.resolve(strict=True)).partition("/zoneinfo/")[2]
    except OSError:
        return ""


def _of_file(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
