"""One transaction's worth of what was heard of alerts: read what is known, settle word by word, write it at once."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from domain.alerts import HeardAlert
from store.clock import SECOND, to_micros
from store.database import Transaction
from store.schema import alert
from store.work.episodes import Episode, Word, settle

_AT_ONCE = 500
"""Fingerprints in one query: either database takes some thousand parameters."""
_AGAIN = 24 * 3600 * SECOND
"""What fires again within this time has fired before."""
_MUTABLE = ("state", "seen_at", "resolved_at", "ended", "annotations", "suppressed", "source", "link")
_READ = (alert.c.id, alert.c.fingerprint, alert.c.started_at, alert.c.group_key, *(alert.c[name] for name in _MUTABLE))

Row = dict[str, Any]


class Writing:
    """Made by `of`; `hear` every alert in the order of arrival, then `write`."""

    def __init__(self, tx: Transaction, now: int) -> None:
        self._tx = tx
        self._now = now
        self._rows: dict[str, dict[int, Row]] = defaultdict(dict)
        """By fingerprint and start; without an id those that are not in the store yet."""
        self._dirty: dict[tuple[str, int], Row] = {}
        self.changed: dict[str, set[str]] = defaultdict(set)
        """The groups that changed, by the cluster that is to look at them."""

    @classmethod
    async def of(cls, tx: Transaction, heard: Sequence[HeardAlert]) -> "Writing":
        writing = cls(tx, await tx.clock())
        fingerprints = sorted({each.fingerprint for each in heard})
        earliest = min(to_micros(each.started_at) for each in heard)
        for start in range(0, len(fingerprints), _AT_ONCE):
            await writing._read(fingerprints[start : start + _AT_ONCE], earliest)
        return writing

    def hear(self, heard: HeardAlert, source: str, cluster: str) -> Word:
        rows = self._rows[heard.fingerprint]
        settled = settle(map(_episode, rows.values()), heard, self._now)
        if settled.over is not None:
            self._apply(heard, settled.over)
        row = rows.get(settled.episode.started)
        if row is None:
            row = self._new(heard, settled.episode, source)
        elif settled.late:
            return settled.word
        hushed = row["suppressed"] != heard.suppressed
        self._apply(heard, settled.episode)
        row.update(suppressed=heard.suppressed, source=_source(row["source"], source), link=heard.link or row["link"])
        if heard.annotations is not None and heard.firing:
            row["annotations"] = dict(heard.annotations)
        if settled.word != "unchanged" or (hushed and heard.firing):
            self.changed[cluster].add(row["group_key"])
        return settled.word

    async def write(self) -> None:
        new = [row for row in self._dirty.values() if row["id"] is None]
        old = [row for row in self._dirty.values() if row["id"] is not None]
        if new:
            await self._tx.execute(insert(alert), [{name: v for name, v in row.items() if name != "id"} for row in new])
        if old:
            changed = update(alert).where(alert.c.id == bindparam("row"))
            await self._tx.execute(
                changed.values({name: bindparam(f"new_{name}") for name in _MUTABLE}),
                [{"row": row["id"], **{f"new_{name}": row[name] for name in _MUTABLE}} for row in old],
            )

    async def _read(self, fingerprints: Sequence[str], earliest: int) -> None:
        reaches = (alert.c.state == "firing") | (alert.c.resolved_at >= earliest - _AGAIN)
        found = await self._tx.execute(select(*_READ).where(alert.c.fingerprint.in_(fingerprints), reaches))
        for row in found.mappings():
            self._rows[row["fingerprint"]][row["started_at"]] = dict(row)

    def _apply(self, heard: HeardAlert, episode: Episode) -> None:
        row = self._rows[heard.fingerprint][episode.started]
        row.update(
            state="firing" if episode.firing else "resolved",
            seen_at=episode.seen,
            resolved_at=episode.resolved,
            ended=episode.ended,
        )
        self._dirty[heard.fingerprint, episode.started] = row

    def _new(self, heard: HeardAlert, episode: Episode, source: str) -> Row:
        row: Row = {
            "id": None,
            "fingerprint": heard.fingerprint,
            "started_at": episode.started,
            "source": source,
            "group_key": heard.group,
            "name": heard.name,
            "severity": heard.severity,
            "labels": dict(heard.labels),
            "annotations": dict(heard.annotations or {}),
            "link": heard.link,
            "cluster": heard.cluster,
            "suppressed": heard.suppressed,
            "incident": "",
            "at": self._now,
        }
        self._rows[heard.fingerprint][episode.started] = row
        return row


def _episode(row: Row) -> Episode:
    return Episode(row["started_at"], row["state"] == "firing", row["seen_at"], row["resolved_at"], row["ended"])


def _source(known: str, new: str) -> str:
    """What a poll has seen is the poll's to follow, whoever brought it first."""
    return known if known.startswith("poll/") and not new.startswith("poll/") else new
