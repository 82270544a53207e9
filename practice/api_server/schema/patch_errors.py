"""How the API server refuses a patch."""

from practice.api_server.schema.faults import Fault


class PatchRefused(Exception):
    """A patch that cannot be applied: the Status' code, reason and message, and faults where there are any."""

    def __init__(self, code: int, reason: str, message: str, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
        self.faults = faults


def bad_request(message: str) -> PatchRefused:
    return PatchRefused(400, "BadRequest", message)


def unprocessable(message: str) -> PatchRefused:
    """A patch that is well formed and does not fit; the server gives it no kind and no reason of its own."""
    return PatchRefused(422, "Invalid", message)


def failed(message: str) -> PatchRefused:
    """What the server itself does not expect in a patch."""
    return PatchRefused(500, "", message)
