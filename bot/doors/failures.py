"""The few ways in which a platform can fail to say something that are answered differently, on each of them alike."""


class Refused(Exception):
    """The platform does not do it."""

    def __init__(self, method: str, error: str, needed: str = "") -> None:
        super().__init__(f"{method}: {error}" + (f" (needs {needed})" if needed else ""))
        self.method, self.error, self.needed = method, error, needed


class Halted(Refused):
    """It does nothing for us any more: token revoked, app uninstalled."""


class Gone(Refused):
    """There is nobody to say it to any more: channel archived, not in channel."""


class Unpresentable(Refused):
    """It does not take a card like that."""


class Busy(Exception):
    """Too much at once: again after so many seconds. Nothing was done."""

    def __init__(self, seconds: float, why: str) -> None:
        super().__init__(why)
        self.seconds = seconds
        self.begun = False
        """Whether a part of something larger was done before."""


class Away(Exception):
    """No answer, or none that says what happened: it may have been done or not."""
