"""Prometheus' HTTP API over what is remembered here."""

import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator
from contextlib import contextmanager

from aiohttp import web

from practice.metrics import answers
from practice.metrics.asked import Asked, BadRequest
from practice.metrics.rules import Rules
from practice.metrics.scraping import Target
from practice.promql.engine import Engine
from practice.promql.labels import NAME, Labels
from practice.promql.matchers import Matcher, matchers_of
from practice.promql.parsing import parse_selector
from practice.promql.problems import BadQuery, CannotExecute

Handler = Callable[[Asked], str]

BUILD = {
    "version": "2.42.0-practice",
    "revision": "",
    "branch": "practice",
    "buildUser": "",
    "buildDate": "",
    "goVersion": "",
}
"""The version whose answers these are."""


class Api:
    def __init__(self, engine: Engine, targets: Collection[Target], rules: Rules) -> None:
        self._engine = engine
        self._targets = targets
        self._rules = rules

    def routes(self) -> list[web.RouteDef]:
        found = [
            *self._asked("/api/v1/query", self._query),
            *self._asked("/api/v1/query_range", self._query_range),
            *self._asked("/api/v1/series", self._series),
            *self._asked("/api/v1/labels", self._label_names),
            web.get("/api/v1/label/{name}/values", self._label_values),
        ]
        told: dict[str, Callable[[], object]] = {
            "/api/v1/metadata": self._metadata,
            "/api/v1/rules": lambda: {"groups": self._rules.groups()},
            "/api/v1/alerts": lambda: {"alerts": self._rules.alerts()},
            "/api/v1/targets": self._scraped,
            "/api/v1/alertmanagers": lambda: {"activeAlertmanagers": [], "droppedAlertmanagers": []},
            "/api/v1/status/buildinfo": lambda: BUILD,
        }
        found += [web.get(path, _telling(tell)) for path, tell in told.items()]
        return [*found, web.get("/-/healthy", _healthy), web.get("/-/ready", self._ready)]

    async def _ready(self, _: web.Request) -> web.Response:
        if all(target.scraped.is_set() for target in self._targets):
            return web.Response(text="Prometheus Server is Ready.\n")
        return web.Response(text="Service Unavailable", status=503)

    def _asked(self, path: str, handler: Handler) -> list[web.RouteDef]:
        answer = _answering(handler)
        return [web.get(path, answer), web.post(path, answer)]

    def _query(self, asked: Asked) -> str:
        at = asked.moment("time", _now())
        if asked.text("timeout"):
            asked.length("timeout")
        with _about("query"):
            return answers.of_moment(self._engine.instant(asked.text("query"), at), at)

    def _query_range(self, asked: Asked) -> str:
        start, end, step = asked.steps()
        if asked.text("timeout"):
            asked.length("timeout")
        value = self._engine.range(asked.text("query"), start, end, step)
        return answers.of_range(value, self._engine.steps(start, end, step))

    def _series(self, asked: Asked) -> str:
        if not asked.texts("match[]"):
            raise BadRequest("no match[] parameter provided")
        return answers.success([dict(labels) for labels in sorted(set(self._found(asked)))])

    def _label_names(self, asked: Asked) -> str:
        return answers.success(sorted({name for labels in self._found(asked) for name, _ in labels}))

    async def _label_values(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]

        def values(asked: Asked) -> str:
            if not name.replace("_", "a").isalnum() or name[0].isdigit() or not name.isascii():
                raise BadRequest(f'invalid label name: "{name}"')
            return answers.success(sorted({value for each in self._found(asked) for own, value in each if own == name}))

        return await _answering(values)(request)

    def _found(self, asked: Asked) -> Iterable[Labels]:
        """Series that match any of the selectors, and have samples in the time that was asked for."""
        start, end = asked.moment("start", -(2**62)), asked.moment("end", 2**62)
        with _about("match[]"):
            selectors = [_selector(each) for each in asked.texts("match[]")]
        for matchers in selectors or [[Matcher(NAME, "", negated=True)]]:
            for table in self._engine.memory.tables.values():
                yield from table.between(table.matching(matchers), start, end)

    def _metadata(self) -> object:
        types = {name: kind for target in self._targets for name, kind in target.types.items()}
        return {name: [{"type": kind, "help": "", "unit": ""}] for name, kind in types.items()}

    def _scraped(self) -> object:
        return {"activeTargets": [target.told() for target in self._targets], "droppedTargets": []}


def _selector(text: str) -> list[Matcher]:
    if text.strip() == "{}":
        raise BadRequest('invalid parameter "match[]": match[] must contain at least one non-empty matcher')
    return matchers_of(parse_selector(text))


@contextmanager
def _about(name: str) -> Iterator[None]:
    """Says which parameter a bad query was in."""
    try:
        yield
    except BadQuery as wrong:
        text = str(wrong)
        raise BadRequest(f'invalid parameter "{name}": {text}' if "parse error" in text else text) from wrong


def _answering(handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        try:
            return _json(handler(await Asked.of(request)))
        except (BadRequest, BadQuery) as wrong:
            return _json(answers.failure("bad_data", str(wrong)), 400)
        except CannotExecute as wrong:
            return _json(answers.failure("execution", str(wrong)), 422)

    return answer


def _telling(tell: Callable[[], object]) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        return _json(answers.success(tell()))

    return answer


async def _healthy(_: web.Request) -> web.Response:
    return web.Response(text="Prometheus Server is Healthy.\n")


def _json(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="application/json")


def _now() -> int:
    return int(time.time() * 1000)
