"""The app package for Teams: everything that Teams has to know of us, and two icons, in one file to upload.

https://learn.microsoft.com/microsoft-365/extensibility/schema/. Lengths and counts are the schema's.
"""

import io
import json
import uuid
import zipfile
from pathlib import Path

from bot.doors.teams.investigating import COMMAND
from domain.errors import Misconfigured
from domain.plain_json import Json

SCHEMA = "1.25"
VERSION = "1.0.0"
ICONS = ("color.png", "outline.png")
COMMANDS = (
    ("what is wrong?", "A look around: causes with their evidence"),
    ("checklist", "What would mitigate it, task by task"),
    ("commands", "The exact commands, checked against the live cluster"),
    ("script", "One reviewed script that another person approves"),
    ("what changed?", "Rollouts, settings and scalings of the last day"),
    ("open incidents", "What is open, and whose it is"),
    ("proposals", "What waits for a decision"),
    ("mute 2h", "Say nothing unasked here for a while"),
    ("settings", "How I am set, and what you may do"),
    ("what can you see here?", "Clusters, metrics and what you may do"),
    ("stop", "Stop what I am doing for you"),
    ("help", "What to say to me"),
)
"""What the compose box suggests, at most twelve."""
_SUMMARY = "An on-call colleague: looks, explains, and acts only on approval."
_WHOLE = (
    "Hilda is on duty with you. Ask what is wrong: it looks at your cluster and your metrics, says what it found and "
    "how it knows, and goes with you as far as you want: an answer, a checklist, exact commands, a reviewed script. "
    "Nothing changes unless a person with the right role has approved exactly what runs, and everything is in an "
    "audit record."
)
_READS = ("ChannelMessage.Read.Group", "ChatMessage.Read.Chat")
"""Replies in threads and chats that she takes part in, without a mention."""


def manifest(app_id: str, site: str, *, name: str = "Hilda") -> Json:
    """`site`: https address of who runs this, for the links that Teams demands; Misconfigured for what it refuses."""
    try:
        uuid.UUID(app_id)
    except ValueError as wrong:
        raise Misconfigured(f"TEAMS_APP_ID must be the bot's id, a GUID; {app_id!r} is none.") from wrong
    if not site.startswith("https://"):
        raise Misconfigured("Teams takes an address with https:// only.")
    if not 0 < len(name) <= 30:
        raise Misconfigured("Teams takes names of 1 to 30 characters.")
    scopes = ["personal", "team", "groupChat"]
    return {
        "$schema": f"https://developer.microsoft.com/json-schemas/teams/v{SCHEMA}/MicrosoftTeams.schema.json",
        "manifestVersion": SCHEMA,
        "version": VERSION,
        "id": app_id,
        "developer": {"name": name, "websiteUrl": site, "privacyUrl": site, "termsOfUseUrl": site},
        "name": {"short": name, "full": f"{name}, on-call colleague"},
        "description": {"short": _SUMMARY, "full": _WHOLE},
        "icons": {"color": ICONS[0], "outline": ICONS[1]},
        "accentColor": "#1F2A44",
        "bots": [
            {
                "botId": app_id,
                "scopes": scopes,
                "isNotificationOnly": False,
                "supportsFiles": False,
                "commandLists": [
                    {
                        "scopes": scopes,
                        "commands": [{"title": title, "description": text} for title, text in COMMANDS],
                    }
                ],
            }
        ],
        "composeExtensions": [
            {
                "botId": app_id,
                "commands": [
                    {
                        "id": COMMAND,
                        "type": "action",
                        "title": "Investigate this",
                        "description": "Look into an alert or a log in this message",
                        "context": ["message"],
                        "fetchTask": True,
                    }
                ],
            }
        ],
        "webApplicationInfo": {"id": app_id, "resource": f"api://{app_id}"},
        "authorization": {
            "permissions": {"resourceSpecific": [{"name": one, "type": "Application"} for one in _READS]}
        },
        "defaultInstallScope": "team",
        "validDomains": [],
    }


def package(made: Json) -> bytes:
    """The zip to upload."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", json.dumps(made, indent=2) + "\n")
        for icon in ICONS:
            archive.writestr(icon, (Path(__file__).parent / "icons" / icon).read_bytes())
    return file.getvalue()
