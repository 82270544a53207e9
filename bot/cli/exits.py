"""What the exit code of every `hilda` command says."""

from enum import IntEnum


class Exit(IntEnum):
    ok = 0
    no = 1
    could_not = 2
    missing = 3
    interrupted = 130


MEANINGS = {
    Exit.ok: "done; healthy; yes",
    Exit.no: "the answer is no: something is wrong, not healed, refused, or does not hold",
    Exit.could_not: "could not tell: wrong usage, a wrong setting, or nothing reachable",
    Exit.missing: "a program or package that this needs is missing; the message says how to get it",
    Exit.interrupted: "interrupted by Ctrl-C",
}
