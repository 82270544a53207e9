"""How large a request may be: what is too large is refused before it is in memory."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.doors.http.problems import Problem, problem

LARGEST = 500_000
"""Bytes of a request's body where its path has no limit of its own."""
_TITLE = "The request is too large."


class BodyLimit:
    """Stands before the routes: answers 413 as soon as a body is announced, or turns out, to be larger than allowed."""

    def __init__(self, app: ASGIApp, largest: int = LARGEST, by_path: Mapping[str, int] | None = None) -> None:
        """`by_path`: beginning of a path → bytes allowed there."""
        self._app = app
        self._largest = largest
        self._by_path = dict(by_path or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limit(scope["path"])
        why, headers = f"At most {limit} bytes are taken here.", {"Connection": "close"}
        if _announced(scope) > limit:
            await problem(413, _TITLE, why, headers)(scope, receive, send)
            return
        seen = 0

        async def counting() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                raise Problem(413, _TITLE, why, headers)
            return message

        await self._app(scope, counting, send)

    def _limit(self, path: str) -> int:
        fitting = [largest for begins, largest in self._by_path.items() if path.startswith(begins)]
        return max(fitting, default=self._largest)


def _announced(scope: Scope) -> int:
    """The Content-Length, 0 where there is none that is a number."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0
