"""What the server can do: /api, /apis, each group, /openapi/v3 and /version, as recorded from the real one."""

from urllib.parse import quote

import orjson

from practice.api_server import recordings
from practice.api_server.negotiation import Wanted, wanted

_AGGREGATED = "APIGroupDiscoveryList"
_SHAPES = frozenset({_AGGREGATED})


def find(path: str, accept: str) -> tuple[bytes, str] | None:
    """(body, content type) of a discovery document, or None when the path is none."""
    path = path.rstrip("/")
    if path in ("/api", "/apis"):
        asks = wanted(accept, _SHAPES)
        if asks.shape == _AGGREGATED:
            return orjson.dumps(recordings.aggregated()[path]), asks.content_type
    if path in (documents := recordings.discovery()):
        wanted(accept, _SHAPES)
        return orjson.dumps(documents[path]), Wanted().content_type
    if path == "/version":
        return orjson.dumps(recordings.version(), option=orjson.OPT_INDENT_2), Wanted().content_type
    return _openapi(path)


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
