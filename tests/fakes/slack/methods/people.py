"""users.*, bots.info, team.info, auth.test: https://docs.slack.dev/reference/methods."""

from tests.fakes.slack.refusals import Refused
from tests.fakes.slack.shapes import Json
from tests.fakes.slack.web_api import Call, method
from tests.fakes.slack.workspace import User


def shown(call: Call, user: User) -> dict[str, Json]:
    """A user object: https://docs.slack.dev/reference/objects/user-object."""
    workspace = call.slack.workspace
    whole: dict[str, Json] = {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "real_name": user.real_name,
        "deleted": user.deleted,
        "profile": profile(call, user),
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": 1,
    }
    if not user.deleted:
        whole |= {
            "tz": user.timezone,
            "tz_label": user.timezone,
            "tz_offset": user.tz_offset,
            "is_admin": user.is_admin,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": bool(user.guest),
            "is_ultra_restricted": user.guest == "single",
        }
    if user.team_id != workspace.team_id:
        whole["is_stranger"] = not any(user.id in one.members for one in workspace.channels.values())
    enterprise = user.enterprise_id or workspace.enterprise_id
    if enterprise:
        whole["enterprise_user"] = {"id": user.id, "enterprise_id": enterprise, "teams": [user.team_id]}
    return whole


def profile(call: Call, user: User) -> dict[str, Json]:
    kept: dict[str, Json] = {
        "real_name": user.real_name,
        "display_name": user.name,
        "display_name_normalized": user.name,
        "real_name_normalized": user.real_name,
        "team": user.team_id,
        "image_48": "https://example.com/face.png",
        "status_text": "",
        "status_emoji": "",
    }
    if "users:read.email" in call.slack.app.scopes and not user.is_bot:
        kept["email"] = f"{user.name}@example.com"
    return kept


@method("users.info", "users:read", tier="tier 4")
async def user_info(call: Call) -> dict[str, Json]:
    return {"user": shown(call, call.user())}


@method("users.list", "users:read", tier="tier 2")
async def user_list(call: Call) -> dict[str, Json]:
    page, more = call.page([shown(call, user) for user in call.slack.workspace.users.values()])
    return {"members": page, "response_metadata": more}


@method("users.profile.get", "users.profile:read", tier="tier 4")
async def profile_get(call: Call) -> dict[str, Json]:
    return {"profile": profile(call, call.user())}


@method("users.lookupByEmail", "users:read.email", tier="tier 3")
async def by_email(call: Call) -> dict[str, Json]:
    user = call.slack.workspace.named(call.needs("email").partition("@")[0])
    if user is None:
        raise Refused("users_not_found")
    return {"user": shown(call, user)}


@method("bots.info", "users:read", tier="tier 3")
async def bot_info(call: Call) -> dict[str, Json]:
    app = call.slack.app
    if call.text("bot", app.bot_id) != app.bot_id:
        raise Refused("bot_not_found")
    return {"bot": {"id": app.bot_id, "app_id": app.id, "user_id": app.bot_user, "name": "hilda", "deleted": False}}


@method("team.info", "team:read", tier="tier 3")
async def team_info(call: Call) -> dict[str, Json]:
    workspace = call.slack.workspace
    if call.text("team", workspace.team_id) != workspace.team_id:
        raise Refused("team_not_found")
    team: dict[str, Json] = {"id": workspace.team_id, "name": workspace.domain.title(), "domain": workspace.domain}
    if workspace.enterprise_id:
        team["enterprise_id"] = workspace.enterprise_id
    return {"team": team}


@method("auth.test")
async def auth_test(call: Call) -> dict[str, Json]:
    workspace, app = call.slack.workspace, call.slack.app
    return {
        "url": f"https://{workspace.domain}.slack.com/",
        "team": workspace.domain.title(),
        "user": "hilda",
        "team_id": workspace.team_id,
        "user_id": app.bot_user,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
        **({"enterprise_id": workspace.enterprise_id} if workspace.enterprise_id else {}),
    }
