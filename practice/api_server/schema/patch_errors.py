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


def unprocessable() -> PatchRefused:
    """A patch that is well formed and does not fit: the server keeps to itself what does not."""
    return PatchRefused(422, "Invalid", "the server rejected our request due to an error in our request")


def failed(message: str) -> PatchRefused:
    """What the server itself does not expect in a patch."""
    return PatchRefused(500, "", message)
