"""`hilda roles`: who people are to Hilda, and what they may do. Every change is signed and audited."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.command import group
from bot.cli.options import Output, OutputOption

if TYPE_CHECKING:
    from bot.settings import Settings
    from domain.people import Person, Role
    from store.record import Store

app = group("Who people are to Hilda, and what they may do.")

PersonArgument = Annotated[
    str, typer.Argument(metavar="PERSON", help="platform:tenant:id, as `hilda where` shows it; `me` is you.")
]


@app.command("list")
def list_roles(output: OutputOption = Output.text) -> None:
    """Everyone who was bound, with role and the name that the cluster knows them by."""
    asyncio.run(_list(output))


@app.command()
def bind(
    person: PersonArgument,
    role: Annotated[str, typer.Argument(metavar="ROLE", help="viewer, developer, operator or admin.")],
    kube_user: Annotated[str, typer.Option(help="Whom the executor impersonates for this person.")] = "",
    human: Annotated[str, typer.Option(help="Links several accounts of one human being: they count once.")] = "",
) -> None:
    """Give a person a role. Needs an administrator; the first one may bind themselves."""
    typer.echo(asyncio.run(_bind(person, role, kube_user, human)))


@app.command()
def unbind(person: PersonArgument) -> None:
    """Take a person's role away; what they approved and has not run yet is void."""
    typer.echo(asyncio.run(_unbind(person)))


async def _list(output: Output) -> None:
    from bot.cli.output import print_card, print_json
    from bot.cli.storing import open_store
    from bot.doors.terminal.zones import reader_zone
    from bot.settings import load_settings
    from domain.cards import Table, Text, card

    async with open_store(load_settings()) as store:
        known = await store.identities.list()
    columns = ("PERSON", "ROLE", "HUMAN", "KUBERNETES USER", "BOUND BY")
    rows = tuple((str(i.person), i.role.name, i.human, i.kube_user, i.bound_by) for i in known)
    if output is Output.json:
        print_json([dict(zip(("person", "role", "human", "kube_user", "bound_by"), row, strict=True)) for row in rows])
        return
    nobody = Text("Nobody is bound yet: `hilda roles bind me admin` makes you the first.")
    print_card(card("People and roles", Table(columns, rows) if rows else nobody), output, reader_zone())


async def _bind(person: str, role: str, kube_user: str, human: str) -> str:
    from bot.cli.storing import open_store
    from bot.settings import load_settings

    settings = load_settings()
    someone, wanted = _person(person, settings), role_called(role)
    async with open_store(settings) as store:
        me = await administrator(store, settings)
        await store.identities.bind(someone, wanted, me, kube_user=kube_user, human=human)
    return f"{someone} is {wanted.name} now."


async def _unbind(person: str) -> str:
    from bot.cli.storing import open_store
    from bot.settings import load_settings

    settings = load_settings()
    someone = _person(person, settings)
    async with open_store(settings) as store:
        gone = await store.identities.unbind(someone, await administrator(store, settings))
    return f"{someone} has no role any more." if gone else f"{someone} had no role."


async def administrator(store: "Store", settings: "Settings") -> "Person":
    """Who sits here, if they may manage people; while there is no administrator, whoever holds store and key may."""
    from bot.doors.terminal.identity import person_here
    from domain.errors import NotAllowed
    from domain.people import Role
    from policy.roles import Act, may

    me = person_here(settings.state_folder)
    somebody_is = any(i.role >= Role.admin and i.person.platform != "practice" for i in await store.identities.list())
    if somebody_is and not may(await store.identities.role_of(me), Act.manage_people):
        why = f"You ({me}) are no administrator, so you cannot change roles or keys."
        await store.audit.note(str(me), "refused", "roles", why=why)
        raise NotAllowed(why)
    return me


def _person(text: str, settings: "Settings") -> "Person":
    from bot.doors.terminal.identity import person_here
    from domain.errors import Misconfigured
    from domain.people import Person

    if text == "me":
        return person_here(settings.state_folder)
    try:
        return Person.parse(text)
    except ValueError:
        raise Misconfigured(f"{text!r} is no person: write platform:tenant:id, or `me`.") from None


def role_called(text: str) -> "Role":
    from domain.errors import Misconfigured
    from domain.people import Role

    try:
        return Role[text.lower()]
    except KeyError:
        raise Misconfigured(f"{text!r} is no role: {', '.join(role.name for role in Role)}.") from None
