"""Keeps what a script prints within bounds: the beginning and the end, however much there is in between."""

from dataclasses import dataclass, field


@dataclass
class BoundedOutput:
    """At most `cap` bytes of any stream."""

    cap: int
    total: int = 0
    _head: bytearray = field(default_factory=bytearray)
    _tail: bytearray = field(default_factory=bytearray)

    def add(self, data: bytes) -> None:
        self.total += len(data)
        room = self.cap // 2 - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        self._tail += data
        excess = len(self._tail) - (self.cap - self.cap // 2)
        if excess > 0:
            del self._tail[:excess]

    @property
    def truncated(self) -> bool:
        return self.total > self.cap

    def text(self) -> str:
        """What was kept, with a line where something is missing."""
        if not self.truncated:
            return (self._head + self._tail).decode(errors="replace")
        left_out = self.total - len(self._head) - len(self._tail)
        gap = f"\n[truncated: {left_out} bytes left out here]\n"
        return self._head.decode(errors="replace") + gap + self._tail.decode(errors="replace")
