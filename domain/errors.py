"""Errors, sorted by who can do something about them. Anything else is a bug and stays loud."""


class HildaError(Exception):
    """Base of the errors we expect; its text says what was tried, what came back and what to do next."""


class ToolFailed(HildaError):
    """A look outside failed. The model hears it as text; without a model the answer says it and goes on."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status that came back, where there was one (403 forbidden, 404 absent, 410, 429, 5xx)."""


class NotAllowed(HildaError):
    """Policy says no. The person hears it, as a card, and the audit keeps it."""


class Misconfigured(HildaError):
    """A setting is wrong. The start stops with this one line, which names the setting."""


class ProgramsMissing(HildaError):
    """Programs that this cannot do without are not here. The start stops; the text says how to get them."""
