"""Everything that an approval rests on, looked at once more before it is spent. A failure is final for the proposal.

What could not be looked at (the API server is down) is no failure: ToolFailed, and it is tried again until it expires.
"""

from dataclasses import dataclass

from domain.errors import NotAllowed
from domain.proposals import Precondition, Proposal, digest
from domain.rehearsals import combine
from domain.scripts import ApiRequest, Effect, ShellCommand
from domain.silences import API_VERSION, is_about_alertmanager, is_signed_for, makes_a_silence
from hands import silences
from hands.allowance import said
from hands.drift import Drifted, is_about, unchanged
from hands.identity import impersonation
from hands.profile import surroundings
from hands.script_commands import commands_in
from policy.roles import Act, may, may_approve
from policy.verdict import judge
from store.ledger.records import ProposalRecord
from store.record import Store
from tools.alertmanager.connection import Alertmanager
from tools.kubernetes.client import KubeClient
from tools.kubernetes.rehearsal import rehearse


class NoLongerHolds(Exception):
    """One of the things that people relied on when they approved is not so any more; the text says which."""


@dataclass(frozen=True)
class Rechecks:
    store: Store
    client: KubeClient
    cluster: str
    kubectl: str
    policy: str = ""
    """The policy's version now; a proposal made under another one is void."""
    alertmanager: Alertmanager | None = None

    async def run(self, record: ProposalRecord) -> None:
        """Nothing when all of it holds; NoLongerHolds, or ToolFailed where that could not be told."""
        proposal = record.proposal
        self._bytes(record)
        self._commands(proposal)
        await self._people(record)
        await self._objects(proposal)
        await self._rehearsal(proposal)

    def _bytes(self, record: ProposalRecord) -> None:
        """The record itself, and what this executor and this policy are."""
        proposal = record.proposal
        if digest(proposal) != record.digest:
            raise NoLongerHolds("The stored bytes do not have the digest that was approved.")
        if proposal.cluster != self.cluster:
            raise NoLongerHolds(f"It is for cluster {proposal.cluster}; this executor is on {self.cluster}.")
        if proposal.policy_version != self.policy:
            raise NoLongerHolds(
                f"The policy has changed since: it was made under {proposal.policy_version}, now it is {self.policy}."
            )
        try:
            surroundings(proposal).check()
            impersonation(proposal.identity)
        except NotAllowed as refused:
            raise NoLongerHolds(str(refused)) from refused

    def _commands(self, proposal: Proposal) -> None:
        """Policy says the same of each command as it said then; an approval switches no check off."""
        for command in proposal.requests:
            verdict = judge(command.command, namespace=proposal.namespace or "default")
            if not verdict.runnable or verdict.risk > proposal.risk:
                reasons = "; ".join(verdict.reasons) or f"its risk is {verdict.risk.name}"
                raise NoLongerHolds(f"Policy does not let `{command.command}` run: {reasons}")
            if set(verdict.requests) != set(command.requests):
                raise NoLongerHolds(f"`{command.command}` would ask for something else than what was approved.")
            author = verdict.calls[0].flags.get("author", "")
            if any(map(makes_a_silence, verdict.requests)) and not is_signed_for(author, proposal.requester):
                raise NoLongerHolds(f"The silence would be made in the name of {author!r}, who did not ask for it.")

    async def _people(self, record: ProposalRecord) -> None:
        """Roles as they are now, not as they were when somebody pressed a button."""
        identities, proposal = self.store.identities, record.proposal
        try:
            if not may(await identities.role_of(proposal.requester), Act.propose):
                raise NoLongerHolds(f"{proposal.requester}, who asked for it, may not ask for changes any more.")
            for decision in record.decisions:
                role = await identities.role_of(decision.person)
                if decision.verdict == "approve" and not may_approve(role, proposal.risk):
                    raise NoLongerHolds(f"{decision.person}, who approved it, may not approve it any more.")
            if await identities.kube_user(proposal.requester) != proposal.identity.user:
                raise NoLongerHolds(f"{proposal.requester} is not known to the cluster as {proposal.identity.user!r}.")
        except NotAllowed as forged:
            raise NoLongerHolds(str(forged)) from forged

    async def _objects(self, proposal: Proposal) -> None:
        """Every object as it was, and no change to an object that nobody recorded."""
        for request in proposal.writes:
            if request.verb != "create" and not _recorded(request, proposal.preconditions):
                raise NoLongerHolds(f"It does not say how things were before it would {said(request)}.")
        headers = impersonation(proposal.identity)
        for expected in proposal.preconditions:
            try:
                if expected.api_version == API_VERSION:
                    await silences.unchanged(self.alertmanager, expected)
                else:
                    await unchanged(self.client, expected, headers)
            except Drifted as drifted:
                raise NoLongerHolds(str(drifted)) from drifted

    async def _rehearsal(self, proposal: Proposal) -> None:
        """The same dry run, as the same person, says the same as it said when it was approved."""
        commands = commands_in(proposal.script.run, [request.command for request in proposal.requests])
        effects = [await self._effect(command, proposal) for command in commands]
        for command, effect in zip(commands, effects, strict=True):
            if effect.status == "failed":
                raise NoLongerHolds(f"The server refuses `{command.text}` as it stands: {effect.why}")
        if combine(effect.digest for effect in effects) != proposal.dry_run_digest:
            doubts = [effect.why for effect in effects if effect.status == "not possible"]
            raise NoLongerHolds(
                f"It cannot be rehearsed any more: {doubts[0]}"
                if doubts
                else "A dry run shows another change now than the one that was approved."
            )

    async def _effect(self, command: ShellCommand, proposal: Proposal) -> Effect:
        if command.argv[0] == "amtool":
            return await silences.rehearse(self.alertmanager, command)
        return await rehearse(self.client, command, kubectl=self.kubectl, identity=proposal.identity)


def _recorded(request: ApiRequest, preconditions: tuple[Precondition, ...]) -> bool:
    about = silences.is_about if is_about_alertmanager(request) else is_about
    return any(about(expected, request) for expected in preconditions)
