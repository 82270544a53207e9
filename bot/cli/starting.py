"""What is being done until the first prompt, and how long each step took."""

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.status import Status
from rich.text import Text


class Starting:
    """Called with each step as it begins. On a terminal the step under way moves; elsewhere each is one line."""

    def __init__(self) -> None:
        self._console = Console(file=sys.stderr, markup=False, emoji=False, highlight=False)
        self._began = self._step_began = time.monotonic()
        self._step = ""
        self._status: Status | None = None

    def __call__(self, step: str) -> None:
        self._end_step()
        self._step, self._step_began = step, time.monotonic()
        if not self._console.is_terminal:
            self._console.print(f"· {step}")
            return
        if self._status is None:
            self._status = Status(Text(f"{step} …"), console=self._console)
            self._status.start()
        else:
            self._status.update(Text(f"{step} …"))

    def __enter__(self) -> "Starting":
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._stop()

    def ready(self, what: str) -> None:
        """The last step is over, and with it the waiting."""
        self._end_step()
        self._stop()
        self._step_began = time.monotonic()
        self._console.print(Text(f"ready after {time.monotonic() - self._began:.1f} s: {what}", style="dim"))

    def _end_step(self) -> None:
        if self._step and self._console.is_terminal:
            took = time.monotonic() - self._step_began
            self._console.print(Text.assemble(("✓ ", "green"), f"{self._step} ", (f"{took:.1f} s", "dim")))
        self._step = ""

    def _stop(self) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None
