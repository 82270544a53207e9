"""HTTP responses: what the handlers found, in the shape and the media type that the client takes."""

import orjson
from aiohttp import web

from practice.api import Json
from practice.api_server.call import Answer, Call
from practice.api_server.negotiation import JSON, encoded
from practice.api_server.refusals import Refused
from practice.api_server.shapes import Shape

_DEPRECATED = {"endpoints": "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"}
"""What each answer about a kind warns of."""


def answered(call: Call, shape: Shape, answer: Answer) -> web.Response:
    return respond(call, shape, shape.of_item(answer.item), answer.code)


def respond(call: Call, shape: Shape, body: bytes, code: int = 200) -> web.Response:
    """A ready body, with the warnings that came up on the way."""
    headers = {"Content-Type": shape.wanted.content_type}
    response = web.Response(status=code, body=encoded(body, shape.wanted.media), headers=headers)
    deprecated = _DEPRECATED.get(call.resource.shelf)
    for warning in ([deprecated] if deprecated else []) + call.warnings:
        response.headers.add("Warning", f"299 - {_quoted(warning)}")
    return response


def plain_json(body: Json, code: int = 200) -> web.Response:
    return web.Response(status=code, body=orjson.dumps(body), headers={"Content-Type": JSON})


def refusal(refused: Refused) -> web.Response:
    response = plain_json(refused.status, refused.code)
    if retry := (refused.details or {}).get("retryAfterSeconds"):
        response.headers["Retry-After"] = str(retry)
    return response


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
