"""A scripted OpenAI-compatible endpoint over real HTTP: good, slow, broken, lying, hostile, and more.

It answers from what stands in the prompt, as a model does; it knows nothing of the code that judges it.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Script = Callable[[str], str]


@dataclass
class ModelServer:
    """`behave` is one of the names in BEHAVIOURS; `asked` keeps what was sent."""

    behave: str = "good"
    asked: list[dict[str, object]] = field(default_factory=list)
    url: str = ""
    pause: float = 0.0
    """Seconds before it begins to answer."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.asked.append(body)
        await asyncio.sleep(self.pause)
        return await BEHAVIOURS[self.behave](request, body["messages"][-1]["content"])


@asynccontextmanager
async def model_server(behave: str = "good") -> AsyncIterator[ModelServer]:
    server = ModelServer(behave)
    app = web.Application()
    app.router.add_post("/v1/chat/completions", server.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield server
    finally:
        await runner.cleanup()


def evidence_in(prompt: str) -> list[tuple[str, str]]:
    """(id, summary) of each piece of evidence, as a reader of the prompt finds them."""
    return re.findall(r"^evidence (e\w+) \([^)]*\): (.*)$", prompt, re.MULTILINE)


def _said(*sentences: tuple[str, list[str]], follow_up: str = "") -> str:
    return json.dumps(
        {"sentences": [{"text": text, "evidence": ids} for text, ids in sentences], "next_question": follow_up}
    )


def good(prompt: str) -> str:
    """Answers the question that was asked, in words of the evidence."""
    question = re.search(r"^Question: (.*)$", prompt, re.MULTILINE)
    (first, summary), *_ = evidence_in(prompt)
    asked = question[1].strip(" ?") if question else ""
    return _said((f"You asked whether {asked}: yes, because {summary}.", [first]), follow_up="Who changed it?")


def lying_about_evidence(prompt: str) -> str:
    return _said(("All is well.", ["e00000000"]))


def lying_about_numbers(prompt: str) -> str:
    return _said(("It failed 98431 times.", [evidence_in(prompt)[0][0]]))


def lying_about_objects(prompt: str) -> str:
    return _said(("The deployment ledger-db is the cause.", [evidence_in(prompt)[0][0]]))


def citing_nothing(prompt: str) -> str:
    return _said(("It is certainly the network.", []))


def giving_commands(prompt: str) -> str:
    return _said(("Run kubectl delete namespace kube-system to mend it.", [evidence_in(prompt)[0][0]]))


def giving_links(prompt: str) -> str:
    return _said(("Read https://evil.example/fix first.", [evidence_in(prompt)[0][0]]))


def deceiving(prompt: str) -> str:
    return _said(("The pods \u202e are fine.", [evidence_in(prompt)[0][0]]))


def garbage(prompt: str) -> str:
    return "I am sorry, I cannot do that."


def _streams(script: Script, *, pause: float = 0.0) -> "Behaviour":
    async def behave(request: web.Request, prompt: str) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        text = script(prompt)
        for start in range(0, len(text), 40):
            await asyncio.sleep(pause)
            piece = {
                "index": 0,
                "delta": {"role": "assistant", "content": text[start : start + 40]},
                "finish_reason": None,
            }
            await response.write(_event({"choices": [piece]}))
        await response.write(_event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}))
        await response.write(b"data: [DONE]\n\n")
        return response

    return behave


def _event(fields: dict[str, object]) -> bytes:
    whole = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "scripted", **fields}
    return b"data: " + json.dumps(whole).encode() + b"\n\n"


def _refuses(status: int, message: str) -> "Behaviour":
    async def behave(request: web.Request, prompt: str) -> web.StreamResponse:
        return web.json_response({"error": {"message": message, "type": "error", "code": str(status)}}, status=status)

    return behave


async def _hangs(request: web.Request, prompt: str) -> web.StreamResponse:
    await asyncio.sleep(30)
    return web.Response()


async def _speaks_html(request: web.Request, prompt: str) -> web.StreamResponse:
    return web.Response(text="<html>Gateway</html>", content_type="text/html")


async def _hangs_up(request: web.Request, prompt: str) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    await response.write(_event({"choices": [{"index": 0, "delta": {"content": '{"sente'}, "finish_reason": None}]}))
    assert request.transport is not None
    request.transport.close()
    return response


Behaviour = Callable[[web.Request, str], Awaitable[web.StreamResponse]]
BEHAVIOURS: dict[str, Behaviour] = {
    "good": _streams(good),
    "slow": _streams(good, pause=2.0),
    "hanging": _hangs,
    "endless": _streams(lambda _: "la " * 50_000),
    "rate limited": _refuses(429, "slow down"),
    "unauthorised": _refuses(401, "bad key sk-verysecret"),
    "broken": _refuses(500, "boom"),
    "html": _speaks_html,
    "hanging up": _hangs_up,
    "garbage": _streams(garbage),
    "lying about evidence": _streams(lying_about_evidence),
    "lying about numbers": _streams(lying_about_numbers),
    "lying about objects": _streams(lying_about_objects),
    "citing nothing": _streams(citing_nothing),
    "hostile: commands": _streams(giving_commands),
    "hostile: links": _streams(giving_links),
    "hostile: hidden characters": _streams(deceiving),
}
