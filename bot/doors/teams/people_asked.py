"""Who somebody is to Hilda, and for administrators who may do what: `who @Bob`, `settings @Bob operator`."""

from dataclasses import dataclass

from bot.doors.teams.activities import where
from bot.doors.teams.people import People
from bot.doors.teams.spoken import mentioned
from domain.cards import Card, Facts, Text, card
from domain.messages import Message
from domain.people import Person, Role
from domain.plain_json import Json
from graphs.desk import Desk
from policy.roles import Act, may, required_role

_ROLES = {role.name: role for role in Role if role is not Role.nobody}


@dataclass
class PeopleAsked:
    desk: Desk
    people: People

    async def who(self, message: Message, activity: Json) -> Card:
        """Oneself, or who is mentioned."""
        others = mentioned(activity)
        if not others:
            zone = ("Time zone", message.zone)
            return card("What you may do", Facts((*await self._facts(message.author), zone)))
        someone = await self._account(activity, others[0])
        if someone is None:
            return _unknown()
        return card("What they may do", Facts(await self._facts(someone)))

    async def settings(self, message: Message, activity: Json, rest: str) -> Card:
        """How Hilda is set here; with a mention and a role, the role is given."""
        others = mentioned(activity)
        if others:
            return await self._give(message.author, activity, others, (rest.split() or [""])[-1].lower())
        policy, highest = self.people.policy, self.desk.highest
        role = await self.desk.role_of(message.author)
        facts = (
            *await self._facts(message.author),
            ("Time zone", f"{message.zone}, from Teams"),
            ("Highest level here", f"{highest.value}, {highest.title}"),
            ("People nobody bound", policy.unknown),
            ("Guests", policy.guests),
            ("Other organisations", policy.strangers),
        )
        how = Text(f"To give a role: `settings @somebody {'|'.join(_ROLES)}`.")
        more = (how,) if may(role, Act.manage_people) else ()
        return card(
            "Settings", Facts(facts), *more, Text("Levels and policies are set where I run: docs/configure.md.")
        )

    async def _give(self, by: Person, activity: Json, others: tuple[str, ...], role: str) -> Card:
        if not may(await self.desk.role_of(by), Act.manage_people):
            why = f"To give roles needs {required_role(Act.manage_people).name}."
            await self.desk.store.audit.note(str(by), "refused", "roles", why=why)
            return card("Not allowed", Text(why), tone="warning")
        if role not in _ROLES or len(others) != 1:
            how = f"Write one person and one role: `settings @somebody {'|'.join(_ROLES)}`."
            return card("Which role for whom?", Text(how), tone="question")
        someone = await self._account(activity, others[0])
        if someone is None:
            return _unknown()
        if someone == by and _ROLES[role] < Role.admin:
            return card("Not allowed", Text("Another administrator has to take your role away."), tone="warning")
        await self.desk.store.identities.bind(someone, _ROLES[role], by)
        return card("The role is given", Text(f"{someone} is {role} now. It is in the audit record."), tone="good")

    async def _account(self, activity: Json, account: str) -> Person | None:
        """Who is behind Teams' own name of an account, as Teams says."""
        place = where(activity)
        return await self.people.behind(account, str(activity.get("serviceUrl") or ""), place.chat, place.tenant)

    async def _facts(self, person: Person) -> tuple[tuple[str, str], ...]:
        role = await self.desk.role_of(person)
        acts = ", ".join(act.value for act in Act if may(role, act)) or "nothing"
        bind = f"hilda roles bind {person} ROLE"
        return (("Account", str(person)), ("Role", role.name), ("Allowed", acts), ("To bind", bind))


def _unknown() -> Card:
    return card("I cannot tell who that is", Text("Teams does not say whose account it is."), tone="warning")
