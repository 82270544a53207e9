"""What the server can do: /api, /apis, each group, /openapi/v3 and /version, as recorded from the real one."""

from collections.abc import Sequence
from urllib.parse import quote

import orjson

from practice.api import Json
from practice.api_server import recordings
from practice.api_server.aggregation import Group, aggregated, group_documents, plain
from practice.api_server.negotiation import Wanted, wanted

_AGGREGATED = "APIGroupDiscoveryList"
_OPENAPI_V2 = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
_NO_SCHEMAS = b"\x0a\x032.0"
"""An OpenAPI document of version 2.0 and nothing more, as protobuf.

kubectl asks for it, and checks nothing itself then, for kinds that /openapi/v3 does not have (List, a typing error).
"""
_SHAPES = frozenset({_AGGREGATED})


def find(path: str, accept: str, others: Sequence[Group]) -> tuple[bytes, str] | None:
    """(body, content type) of a discovery document, or None when the path is none.

    `others` are the groups that other servers answer for.
    """
    path = path.rstrip("/")
    if path in ("/api", "/apis"):
        asks = wanted(accept, _SHAPES)
        document = _roots(path, others) if asks.shape else _plain_roots(path, others)
        return orjson.dumps(document), asks.content_type
    found = recordings.discovery().get(path) or dict(group_documents(others)).get(path)
    if found:
        wanted(accept, _SHAPES)
        return orjson.dumps(found), Wanted().content_type
    if path == "/version":
        return orjson.dumps(recordings.version(), option=orjson.OPT_INDENT_2), Wanted().content_type
    if path == "/openapi/v2" and _OPENAPI_V2 in accept:
        return _NO_SCHEMAS, _OPENAPI_V2.replace("@", ".")
    return _openapi(path)


def _roots(path: str, others: Sequence[Group]) -> Json:
    document: Json = recordings.aggregated()[path]
    return document | {"items": [*document["items"], *map(aggregated, others)]} if path == "/apis" else document


def _plain_roots(path: str, others: Sequence[Group]) -> Json:
    document: Json = recordings.discovery()[path]
    return document | {"groups": [*document["groups"], *map(plain, others)]} if path == "/apis" else document


def _openapi(path: str) -> tuple[bytes, str] | None:
    if path == "/openapi/v3":
        name = "index"
    elif path.startswith("/openapi/v3/"):
        place = path.removeprefix("/openapi/v3/").removeprefix("apis/").removeprefix("api/")
        name = quote(place, safe="/").replace("/", "_")
    else:
        return None
    body = recordings.recorded_bytes(f"openapi/{name}.json")
    return None if body is None else (body, Wanted().content_type)
