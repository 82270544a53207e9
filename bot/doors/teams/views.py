"""A proposal as it looks for one person: who cannot decide it sees why in place of the buttons that decide.

Everybody else sees the shared card, which is safe for all. A look is only a look: what somebody presses is judged by
the record, whatever card they pressed it on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

import structlog

from bot.doors.copies import over
from bot.doors.deciding import Standing, standing
from bot.doors.teams.addresses import Addresses
from bot.doors.teams.names import with_names
from bot.doors.teams.places import DOOR, Place
from bot.doors.teams.render.card import Post, draw, draw_last
from bot.doors.teams.render.refresh import MOST, Refresh, with_refresh
from domain.cards import Card, Choice, Choices, ClusterLabel, Part, Text, parts_of
from domain.errors import NotAllowed
from domain.messages import Reply
from domain.people import Person, Role
from domain.plain_json import Json
from domain.proposals import ProposalState
from domain.wire import reply_from_json
from policy.consent import consent
from policy.roles import Act, approving, may, may_approve, required_role
from store.ledger.records import ProposalRecord
from store.record import Store
from store.work.outbox import Outgoing

log = structlog.get_logger()

LINES = 200
"""Of a conversation, to tell who takes part in it."""


class NoView(Exception):
    """There is nothing of its own to see; the text says why."""


@dataclass
class Views:
    store: Store
    addresses: Addresses
    cluster: str
    label: ClusterLabel
    role: Callable[[Person], Awaitable[Role]]
    """What somebody may do, as far as it is known without asking anybody: Teams waits."""
    sure: Callable[[Person], Awaitable[bool]]
    """Whether that is all they may do; of who is not known yet, Hilda is told beside this."""

    async def offered(self, posts: tuple[Post, ...], held: Outgoing, card: Card) -> tuple[Post, ...]:
        """The messages of a proposal, the last asking how it looks for those whom it concerns."""
        subject = _to_decide(card)
        if not subject:
            return posts
        try:
            accounts = await self._concerned(subject, held.conversation)
        except NotAllowed as forged:
            log.error("a proposal looks the same for everybody", why=str(forged))
            return posts
        return (*posts[:-1], with_refresh(posts[-1], Refresh(subject, held.key), accounts))

    async def seen(self, asked: Refresh, person: Person, account: str) -> Json:
        """The card for who asks for it; NoView where there is none for them."""
        role = await self.role(person)
        record = await self.store.proposals.get(asked.subject)
        payload = await self.store.outbox.payload_of(asked.shown)
        if not may(role, Act.ask) or record is None or record.proposal.cluster != self.cluster or payload is None:
            raise NoView("There is no such proposal for you to see.")
        shared = _card(payload)
        if shared is None or _to_decide(shared) != asked.subject:
            raise NoView("That is no proposal.")
        if record.state is not ProposalState.proposed:
            told = await with_names(self.addresses, over(record, self.label), person.tenant)
            return (await asyncio.to_thread(draw, told))[-1].card
        parts, tone = tuple(parts_of(shared, Choices)), shared.tone
        if await self.sure(person):
            stands = await standing(self.store, record, person, role)
            parts = own_parts(record, stands, shared)
            tone = shared.tone if stands.approves else "neutral"
        post = await asyncio.to_thread(draw_last, shared, parts, tone)
        return with_refresh(post, asked, [account] if account else []).card

    async def _concerned(self, subject: str, conversation: str) -> tuple[str, ...]:
        """Accounts for which the card may look different: who asked, who decided, who has a role, who takes part."""
        record = await self.store.proposals.get(subject)
        if record is None:
            return ()
        bound = await self.store.identities.list()
        humans = {identity.person: identity.human for identity in bound}
        asker = record.proposal.requester
        accounts = [one for one, human in humans.items() if human == humans.get(asker, str(asker))]
        said = reversed(await self.store.conversations.recent(conversation, LINES))
        found = [
            asker,
            *accounts,
            *(decision.person for decision in record.decisions),
            *(identity.person for identity in bound if may_approve(identity.role, record.proposal.risk)),
            *(person for line in said if (person := _person(line.who)) is not None),
            *(identity.person for identity in bound),
        ]
        tenant = Place.parse(conversation).tenant
        ours = dict.fromkeys(one for one in found if one.platform == DOOR and one.tenant == tenant)
        return await self.addresses.accounts_of(list(ours)[: 4 * MOST])  # Not all of them ever spoke with me.


def own_parts(record: ProposalRecord, stands: Standing, shared: Card) -> tuple[Part, ...]:
    """What stands in the place of the buttons of the shared card."""
    if stands.approves:
        return tuple(parts_of(shared, Choices))
    proposal, prefix = record.proposal, record.digest[:12]
    buttons = []
    if stands.takes_back:
        label = "Withdraw" if stands.asked else "Take it back"
        buttons.append(Choice(label, "revoke", proposal.id, prefix, "danger"))
    if stands.edits:
        buttons.append(Choice("Edit", "edit", proposal.id, prefix))
    return (Text(_why_not(record, stands)), *([Choices(tuple(buttons))] if buttons else []))


def _why_not(record: ProposalRecord, stands: Standing) -> str:
    risk = record.proposal.risk
    needed = consent(risk).approvers
    have = sum(decision.verdict == "approve" for decision in record.decisions)
    who = required_role(approving(risk)).name
    if stands.decided:
        return f"**You have approved this.** {have} of {needed} approvals are there; the others are up to other people."
    if stands.asked:
        return f"**You asked for this**, so somebody else has to approve it: anybody with the role {who} or above."
    return f"**You are {stands.role.name} here.** To {approving(risk).value} needs {who}."


def _to_decide(card: Card) -> str:
    """The proposal that can be approved on this card, "" where none can."""
    choices = (choice for part in parts_of(card, Choices) for choice in _of(part))
    return next((choice.subject for choice in choices if choice.action == "approve"), "")


def _of(part: Part) -> Iterator[Choice]:
    if isinstance(part, Choices):
        yield from part.choices


def _card(payload: Json) -> Card | None:
    try:
        found: Reply = reply_from_json(payload)
    except (ValueError, KeyError, TypeError):
        return None
    return found.card


def _person(who: str) -> Person | None:
    try:
        return Person.parse(who)
    except ValueError:
        return None
