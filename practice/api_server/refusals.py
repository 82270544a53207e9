"""How the server says no: Kubernetes' Status objects, word for word as kube-apiserver writes them."""

from typing import Any

from practice.api import Json
from practice.api_server.schema.faults import Fault, invalid_status


class Refused(Exception):
    """The request ends with this Status; `code` is the HTTP status."""

    def __init__(self, code: int, reason: str, message: str, details: Json | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details

    @property
    def status(self) -> Json:
        body: Json = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            body["reason"] = self.reason
        if self.details is not None:
            body["details"] = self.details
        return body | {"code": self.code}


class NoSuchPath(Exception):
    """Not an API at all: the answer is plain text, 404 page not found."""


def success(details: Json | None = None, *, code: int = 0) -> Json:
    """The Status of something done that has no object to show."""
    body: Json = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    if details is not None:
        body["details"] = details
    return body | ({"code": code} if code else {})


def details_of(group: str, kind: str, name: str = "", **more: Any) -> Json:
    """`details` of a Status; `kind` is the plural, or the Kind where Kubernetes says that."""
    named = {"name": name} if name else {}
    grouped = {"group": group} if group else {}
    return {**named, **grouped, "kind": kind, **more}


def qualified(group: str, plural: str) -> str:
    """`deployments.apps`, or `pods` in the core group."""
    return f"{plural}.{group}" if group else plural


def bad_request(message: str) -> Refused:
    return Refused(400, "BadRequest", message)


def unauthorized() -> Refused:
    return Refused(401, "Unauthorized", "Unauthorized")


def forbidden(group: str, plural: str, name: str, why: str, **more: Any) -> Refused:
    what = qualified(group, plural) + (f' "{name}"' if name else "")
    return Refused(403, "Forbidden", f"{what} is forbidden: {why}", details_of(group, plural, name, **more))


def not_found(group: str, plural: str, name: str) -> Refused:
    message = f'{qualified(group, plural)} "{name}" not found'
    return Refused(404, "NotFound", message, details_of(group, plural, name))


def no_such_resource() -> Refused:
    return Refused(404, "NotFound", "the server could not find the requested resource", {})


def no_such_method() -> Refused:
    message = "the server does not allow this method on the requested resource"
    return Refused(405, "MethodNotAllowed", message, {})


def not_acceptable() -> Refused:
    offered = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
    return Refused(406, "NotAcceptable", f"406: Not Acceptable\n\nAvailable representations: {offered}", {})


def already_exists(group: str, plural: str, name: str) -> Refused:
    message = f'{qualified(group, plural)} "{name}" already exists'
    return Refused(409, "AlreadyExists", message, details_of(group, plural, name))


def conflict(group: str, what: str, name: str, why: str) -> Refused:
    message = f'Operation cannot be fulfilled on {qualified(group, what)} "{name}": {why}'
    return Refused(409, "Conflict", message, details_of(group, what, name))


def modified_meanwhile(group: str, plural: str, name: str) -> Refused:
    why = "the object has been modified; please apply your changes to the latest version and try again"
    return conflict(group, plural, name, why)


def expired(message: str) -> Refused:
    return Refused(410, "Expired", message)


def too_large(limit: int) -> Refused:
    return Refused(413, "RequestEntityTooLarge", f"Request entity too large: limit is {limit}")


def unsupported_media_type(message: str = "415: Unsupported Media Type") -> Refused:
    return Refused(415, "UnsupportedMediaType", message, {} if message.startswith("415") else None)


def invalid(group: str, kind: str, name: str, faults: list[Fault]) -> Refused:
    """An object or its options with these faults."""
    status = invalid_status(group, kind, name, faults)
    return Refused(422, "Invalid", status["message"], status["details"])
