"""What one activity of Teams says: who, where, when, and the durable name of its delivery."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.doors.teams.places import DOOR, Place
from bot.doors.teams.tokens import tenant_of
from domain.people import Person
from domain.plain_json import Json, dig


def where(activity: Json) -> Place:
    return Place.of(tenant_of(activity), str(dig(activity, "conversation", "id", default="")))


def who(activity: Json) -> Person | None:
    """By the id that their organisation gave them; the one Teams made up is another in each bot."""
    found = dig(activity, "from", "aadObjectId")
    return Person(DOOR, tenant_of(activity), str(found)) if found else None


def key_of(activity: Json, *what: str) -> str:
    """One delivery's durable name."""
    conversation, person = dig(activity, "conversation", "id"), dig(activity, "from", "aadObjectId")
    return ":".join(map(str, (DOOR, conversation, activity.get("id"), person, *filter(None, what))))


def moment(activity: Json) -> datetime:
    try:
        found = datetime.fromisoformat(str(activity.get("timestamp") or ""))
    except ValueError:
        return datetime.now(UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def zone(activity: Json) -> str:
    """The person's IANA zone: Teams says it in one of two places."""
    entities = [entity for entity in activity.get("entities") or () if isinstance(entity, dict)]
    said = [activity.get("localTimezone"), *(entity.get("timezone") for entity in entities)]
    for name in filter(None, said):
        try:
            return ZoneInfo(str(name)).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return "UTC"
