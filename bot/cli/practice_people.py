"""The made-up people of a practice cluster, introduced to its store so that they may ask and approve."""

from bot.app import App
from domain.people import Person, Role

PEOPLE: dict[str, Role] = {
    "oncall": Role.operator,
    "lead": Role.admin,
    "second-lead": Role.operator,
    "guest": Role.viewer,
}


async def introduce(app: App) -> None:
    """Bind each of them once, as somebody the API server knows by the same name."""
    for name, role in PEOPLE.items():
        person = Person("practice", app.desk.cluster, name)
        if await app.store.identities.get(person) is None:
            await app.store.identities.bind(person, role, "hilda", kube_user=name)
