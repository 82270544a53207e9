"""Alertmanager's API (v2) over the alerts that our own rules fire: list them, silence them."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

from aiohttp import web

from practice.metrics.rules import Alert, Rules
from practice.metrics.silences import BadSilence, Silence, Silences, written
from practice.promql.labels import Labels
from practice.promql.matchers import Matcher, all_hold, compiled
from practice.promql.problems import BadQuery

RECEIVER = "practice"
_LASTS = timedelta(minutes=4)
"""How long Prometheus tells Alertmanager that an alert holds, unless it says so again."""
_MATCHER = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*"?(.*?)"?\s*', re.DOTALL)
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Alertmanager:
    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._silences = Silences()
        self._started = _now()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/v2/alerts", self._alerts),
            web.get("/api/v2/alerts/groups", self._groups),
            web.get("/api/v2/receivers", self._receivers),
            web.get("/api/v2/status", self._status),
            web.get("/api/v2/silences", self._list_silences),
            web.post("/api/v2/silences", self._silence),
            web.get("/api/v2/silence/{id}", self._one_silence),
            web.delete("/api/v2/silence/{id}", self._expire),
        ]

    async def _alerts(self, request: web.Request) -> web.Response:
        try:
            return _json(list(self._chosen(request)))
        except BadQuery as wrong:
            return _json(str(wrong), 400)

    async def _groups(self, request: web.Request) -> web.Response:
        """One group of everything: there is one route."""
        try:
            found = list(self._chosen(request))
        except BadQuery as wrong:
            return _json(str(wrong), 400)
        return _json([{"alerts": found, "labels": {}, "receiver": {"name": RECEIVER}}] if found else [])

    async def _receivers(self, _: web.Request) -> web.Response:
        return _json([{"name": RECEIVER}])

    async def _status(self, _: web.Request) -> web.Response:
        config = f"route:\n  receiver: {RECEIVER}\n  continue: false\nreceivers:\n- name: {RECEIVER}\ntemplates: []\n"
        version = {"version": "0.25.0-practice", "revision": "", "branch": "practice"}
        return _json(
            {
                "cluster": {"peers": [], "status": "disabled"},
                "config": {"original": config},
                "uptime": written(self._started),
                "versionInfo": {**version, "buildDate": "", "buildUser": "", "goVersion": ""},
            }
        )

    async def _list_silences(self, request: web.Request) -> web.Response:
        try:
            wanted = _matchers(request)
        except BadQuery as wrong:
            return _json(str(wrong), 400)
        now = _now()
        found = [silence.told(now) for silence in self._silences if _concerns(silence, wanted)]
        return _json(found)

    async def _silence(self, request: web.Request) -> web.Response:
        try:
            silence = Silence.parse(json.loads(await request.text()), _now())
        except (ValueError, AttributeError) as wrong:
            return _json({"code": 400, "message": f'parsing silence body from "" failed, because {wrong}'}, 400)
        except BadSilence as wrong:
            needed = str(wrong).endswith("is required")
            return _json({"code": 602, "message": str(wrong)} if needed else str(wrong), 422 if needed else 400)
        self._silences.keep(silence)
        return _json({"silenceID": silence.id})

    async def _one_silence(self, request: web.Request) -> web.Response:
        silence = self._silences.find(_id(request))
        return _json(silence.told(_now())) if silence else web.Response(status=404)

    async def _expire(self, request: web.Request) -> web.Response:
        silence = self._silences.find(_id(request))
        if silence is None:
            return web.Response(status=404)
        self._silences.expire(silence, _now())
        return web.Response()

    def _chosen(self, request: web.Request) -> Iterator[dict[str, Any]]:
        wanted = _matchers(request)
        for alert in self._rules.active():
            if alert.firing_since and all_hold(wanted, alert.labels):
                told = self._told(alert)
                state = "silenced" if told["status"]["silencedBy"] else "active"
                if request.query.get(state, "true") != "false":
                    yield told

    def _told(self, alert: Alert) -> dict[str, Any]:
        now = _now()
        silenced = self._silences.of(alert.labels, now)
        starts = datetime.fromtimestamp(alert.firing_since / 1000, UTC)
        return {
            "annotations": alert.annotations,
            "endsAt": written(now + _LASTS),
            "fingerprint": _fingerprint(alert.labels),
            "receivers": [{"name": RECEIVER}],
            "startsAt": written(starts),
            "status": {
                "inhibitedBy": [],
                "silencedBy": silenced,
                "state": "suppressed" if silenced else "active",
            },
            "updatedAt": written(now),
            "generatorURL": "",
            "labels": dict(alert.labels),
        }


def _matchers(request: web.Request) -> list[Matcher]:
    return [_matcher(text) for text in request.query.getall("filter", [])]


def _matcher(text: str) -> Matcher:
    found = _MATCHER.fullmatch(text)
    if not found:
        raise BadQuery(f"bad matcher format: {text}")
    name, sign, value = found.groups()
    return Matcher(name, value, negated=sign[0] == "!", pattern=compiled(value) if "~" in sign else None)


def _concerns(silence: Silence, wanted: list[Matcher]) -> bool:
    values = {each["name"]: each["value"] for each in silence.matchers}
    return all(matcher.holds(values.get(matcher.name, "")) for matcher in wanted)


def _id(request: web.Request) -> str:
    name = request.match_info["id"]
    if not _UUID.fullmatch(name):
        said = {"code": 601, "message": f'silenceID in path must be of type uuid: "{name}"'}
        raise web.HTTPUnprocessableEntity(text=json.dumps(said), content_type="application/json")
    return name


def _fingerprint(labels: Labels) -> str:
    return blake2b(repr(labels).encode(), digest_size=8).hexdigest()


def _json(value: object, status: int = 200) -> web.Response:
    return web.json_response(value, status=status)


def _now() -> datetime:
    return datetime.now(UTC)
