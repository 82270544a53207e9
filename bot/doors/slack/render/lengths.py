"""Texts that are too long for one place: cut between lines, or put into a file with a name."""


def cut_at_lines(text: str, longest: int) -> list[str]:
    """Pieces of at most `longest` characters that give `text` when joined by line breaks, but for overlong lines."""
    pieces: list[str] = []
    room = 0
    for line in text.split("\n"):
        for start in range(0, max(len(line), 1), longest):
            part = line[start : start + longest]
            if pieces and len(part) + 1 <= room and not start:
                pieces[-1] += f"\n{part}"
                room -= len(part) + 1
            else:
                pieces.append(part)
                room = longest - len(part)
    return pieces


def file_name(title: str, ending: str) -> str:
    """A name for a download: letters, digits and dashes, at most forty."""
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in title.lower())
    return f"{'-'.join(part for part in kept.split('-') if part)[:40] or 'file'}.{ending}"
