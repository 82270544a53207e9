"""Programs that may stand behind a `|` after a reading command: they only look at what comes in, and print.

Each has the flags that are known to be harmless and the number of words it takes; a word too many would be a file
to read. What can run programs, write files or see the environment (xargs, tee, sed's `e`, jq's `env`) is not here; of
awk and sed only programs that print fields, filter or cut lines are understood.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from domain.scripts import ShellCommand
from policy.shell import NotUnderstood


@dataclass(frozen=True, slots=True)
class _Filter:
    switches: str
    """Letters that stand alone."""
    values: str = ""
    """Letters that take a value."""
    long: str = ""
    """Long options, apart by spaces."""
    words: tuple[int, ...] = (0,)


_GREP = _Filter(
    "EFGPivwxcnohHsqyzaLlbI",
    "eABCm",
    (
        "ignore-case invert-match count color line-number only-matching extended-regexp fixed-strings perl-regexp "
        "word-regexp max-count after-context before-context context regexp quiet line-buffered"
    ),
    (1,),
)
FILTERS: Mapping[str, _Filter] = {
    "grep": _GREP,
    "egrep": _GREP,
    "fgrep": _GREP,
    "head": _Filter("qvz0123456789", "nc", "lines bytes"),
    "tail": _Filter("qvz0123456789", "nc", "lines bytes"),
    "wc": _Filter("lwcmL", "", "lines words bytes chars"),
    "sort": _Filter("bdfghiMnRrVcCmsuz", "kt", "reverse numeric-sort unique key version-sort"),
    "uniq": _Filter("cdDiuz", "fsw", "count repeated unique ignore-case"),
    "cut": _Filter("snz", "bcdf", "fields delimiter characters"),
    "tr": _Filter("cdsCt", "", "delete squeeze-repeats complement", (1, 2)),
    "column": _Filter("texn", "scoNHR", "table separator"),
    "cat": _Filter("AbeEnstTuv", ""),
    "less": _Filter("FNRSX"),
    "more": _Filter(""),
    "awk": _Filter("", "F", words=(1,)),
    "sed": _Filter("n", "", words=(1,)),
    "nl": _Filter("p", "bsw"),
    "jq": _Filter(
        "rcenMCSjas", "", "raw-output compact-output exit-status slurp sort-keys null-input tab indent", (0, 1)
    ),
}
_LONG_WITH_VALUE = frozenset(
    "regexp max-count lines bytes key fields delimiter separator characters after-context before-context context "
    "indent".split()
)

_FIELD = r"(?:\$(?:\d+|NF)|NR|NF)"
_CONDITION = rf"(?:{_FIELD}\s*(?:[=!]=|!?~|<=?|>=?)\s*(?:\d+|\"[^\"\\]*\"|/[^/\\]*/)|!?/[^/\\]*/)"
_AWK = re.compile(
    rf"\s*(?:{_CONDITION}(?:\s*(?:&&|\|\|)\s*{_CONDITION})*\s*)?"
    rf"(?:\{{\s*print(?:\s*(?:{_FIELD}|\"[^\"\\]*\")\s*,?)*\s*;?\s*\}})?\s*"
)
"""`NR>1 && $4 > 3 {print $1, $NF}` and its like: conditions on fields, and printing them."""
_SED = re.compile(r"\d+(?:,(?:\d+|\$))?[pdq]|/[^/\\]*/[pd]|s([/|#])[^/|#\\]*\1[^/|#\\]*\1[gi]*|\$[pd]")
"""Choosing lines by number or pattern, and replacing text; not `w` and `e`, which write and run."""
_JQ_SEES_OUTSIDE = re.compile(
    r"(?<![.\w\"$])(?:env|input_filename|include|import|get_search_list|input_line_number|halt_error|modulemeta|"
    r"\$__loc__|\$__prog_args|debug|stderr|getpath\s*\(\s*\[\s*\"env)(?!\w)|\$ENV|\$__prog|\bENV\b"
)


_PROGRAMS = {"awk": _AWK, "sed": _SED}


def check_filter(command: ShellCommand) -> None:
    """NotUnderstood unless this is one of the harmless filters, used harmlessly."""
    name, *rest = command.argv
    known = FILTERS.get(name)
    if known is None:
        raise NotUnderstood(f"it pipes into {name[:40]!r}, which is none of the few filters that only look.")
    words, waiting, pattern_given = 0, iter(rest), False
    for word in waiting:
        if word.startswith("--") and len(word) > 2:
            option = word[2:].partition("=")[0]
            if option not in known.long.split():
                raise NotUnderstood(f"{name} --{option[:40]} is not among the harmless options.")
            pattern_given |= option == "regexp"
            if "=" not in word and option in _LONG_WITH_VALUE:
                next(waiting, None)
        elif word.startswith("-") and len(word) > 1:
            pattern_given |= _short(name, known, word[1:], waiting)
        else:
            words += 1
            if name == "jq" and _JQ_SEES_OUTSIDE.search(word):
                raise NotUnderstood("its jq program looks at the environment or at files.")
            if name in _PROGRAMS and not _PROGRAMS[name].fullmatch(word):
                raise NotUnderstood(f"its {name} program does more than choose and print.")
    allowed = (0,) if pattern_given else known.words
    if words not in allowed:
        raise NotUnderstood(f"{name} is given a file to read, or not what it needs.")


def _short(name: str, known: _Filter, letters: str, waiting: Iterator[str]) -> bool:
    """One bundle of short options; whether it gave grep its pattern."""
    for at, letter in enumerate(letters):
        if letter in known.values:
            if at == len(letters) - 1:
                next(waiting, None)
            return letter == "e" and name.endswith("grep")
        if letter not in known.switches:
            raise NotUnderstood(f"{name} -{letter} is not among the harmless options.")
    return False
