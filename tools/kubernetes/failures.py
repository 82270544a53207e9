"""What an API server's refusals mean, in plain sentences: what was asked, what came back, what to do next."""

from collections.abc import Mapping

import orjson

from domain.errors import ToolFailed
from domain.plain_json import dig


class TookTooLong(ToolFailed):
    """The deadline of one read passed; what was read before it may still be used."""


def refused(status: int, body: bytes, *, asked: str, context: str, login: str = "") -> ToolFailed:
    """The failure that an HTTP status of 400 and above stands for."""
    said = said_by_server(body)
    match status:
        case 401:
            again = f"Run `{login}` or log in again" if login else "Log in again or renew the token"
            text = f"The API server does not accept the credentials of context {context}: expired or revoked. {again}."
        case 403:
            text = f"The credentials of context {context} may not read {asked} ({said})."
        case 404:
            text = f"The API server knows no {asked} ({said})."
        case 410:
            text = f"The list of {asked} went out of date while it was being read, twice. Try again."
        case 429:
            text = f"The API server is too busy to answer for {asked} (429). Try again in a moment."
        case _ if status >= 500:
            text = f"The API server failed on {asked} with {status} ({said}). Look at the control plane itself."
        case _:
            text = f"The API server refused {asked} with {status} ({said})."
    return ToolFailed(text, status=status)


def not_json(status: int, headers: Mapping[str, str], body: bytes, *, asked: str, server: str) -> ToolFailed:
    """Something answered, but it does not speak the Kubernetes API."""
    kind = headers.get("Content-Type", "no content type").split(";")[0]
    return ToolFailed(
        f"{server} answered {asked} with {kind} instead of JSON. It is probably a login page or a proxy, "
        "not the API server: check `server:` and `proxy-url:` in the kubeconfig.",
        status=status if status >= 400 else None,
    )


def said_by_server(body: bytes) -> str:
    """The message of a Status object, or the first line of whatever came."""
    try:
        message = dig(orjson.loads(body), "message", default="")
    except orjson.JSONDecodeError:
        message = ""
    text = message or body[:200].decode(errors="replace").strip() or "no reason given"
    return str(text).splitlines()[0][:300]
