"""A script that runs, as the journal tells of it: the same steps at every door."""

from domain.cards import ProgressState
from domain.proposals import ProposalState
from domain.sandbox import STEP_MARK
from store.work.journal import JournalEntry

ENDS = frozenset({"finished", "unknown", "stale"})
"""Events of the journal after which a script does not go on by itself."""


class Run:
    """What the executor has told of one script so far."""

    def __init__(self) -> None:
        self.steps: tuple[tuple[str, ProgressState], ...] = ()
        self.shown = False

    def heard(self, entry: JournalEntry) -> bool:
        """Whether the event changes what is shown."""
        words = _said(entry)
        if not words:
            return False
        done: tuple[tuple[str, ProgressState], ...] = tuple((text, "done") for text, _ in self.steps)
        last: ProgressState = "done" if entry.event in {"finished", "decided", "settled"} else "running"
        if entry.event in ENDS - {"finished"} or entry.payload.get("state") == ProposalState.failed:
            last = "failed"
        self.steps = (*done, (words, last))
        return True


def _said(entry: JournalEntry) -> str:
    match entry.event:
        case "decided":
            who = str(entry.payload.get("by", "")).rpartition(":")[2]
            return f"{'approved' if entry.payload.get('verdict') == 'approve' else 'rejected'} by {who}"
        case "settled":
            return f"settled: {entry.payload.get('why', '')}"
        case "claimed":
            return "claimed by the executor"
        case "started":
            return "started in the sandbox"
        case "waiting":
            return f"waiting: {entry.payload.get('why', '')}"
        case "output":
            return str(entry.payload.get("line", "")).removeprefix(STEP_MARK)
        case "verifying":
            return "verifying"
        case "finished" | "unknown" | "stale":
            return str(entry.payload.get("state", entry.event))
        case _:
            return ""
