"""What a piece of shell text means: simple commands made of literals, or nothing at all.

Two independent parsers read it, shfmt (its JSON syntax tree) and tree-sitter-bash, and must agree on every word.
What needs a shell to be understood (variables, substitutions, redirections, globs, loops, functions) is refused:
the commands that are judged are the words that run. Running shfmt is a parse, not an action: it gets the text on
its standard input and an empty environment.
"""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from domain.errors import Misconfigured, NotAllowed
from domain.plain_json import Json
from domain.scripts import ShellCommand
from policy.untrusted import has_deceptive_characters

LONGEST = 20_000
"""Characters; a longer text is not read by anybody who approves it."""

_NEEDS_A_SHELL = {
    "ParamExp": "uses a variable ($…), whose value nobody can see here; write the value itself",
    "CmdSubst": "runs another command inside ($(…) or `…`); run that first and write its result",
    "ArithmExp": "calculates inside ($((…))); write the number itself",
    "ProcSubst": "uses a process substitution (<(…))",
    "ExtGlob": "uses a pattern that the shell expands; name each thing",
    "BraceExp": "uses a brace expansion ({a,b}); name each thing",
    "IfClause": "has an `if`",
    "WhileClause": "has a loop",
    "ForClause": "has a loop",
    "CaseClause": "has a `case`",
    "Block": "has a { block }",
    "Subshell": "has a ( subshell )",
    "FuncDecl": "defines a function",
    "ArithmCmd": "has an arithmetic command",
    "TestClause": "has a [[ test ]]",
    "DeclClause": "declares variables",
    "LetClause": "has a `let`",
    "TimeClause": "is timed with `time`",
    "CoprocClause": "starts a coprocess",
}
_GLOB = re.compile(r"[*?\[\]]|\{[^{}]*(?:,|\.\.)[^{}]*\}|^~")
_AGREED_NODES = frozenset(
    'program list command command_name word string string_content raw_string concatenation number comment pipeline " '
    "&& ; | { } = : - ' \n".split(" ")
) | {"\n"}


class NotUnderstood(NotAllowed):
    """The text cannot be told apart from something harmful; the message says why and what would help."""


def parse(text: str) -> tuple[ShellCommand, ...]:
    """The simple commands of `text`, in order (separated by newlines, `;` or `&&`), or NotUnderstood.

    >>> [command.argv for command in parse("kubectl get pods -n shop && kubectl get nodes # look first")]
    [('kubectl', 'get', 'pods', '-n', 'shop'), ('kubectl', 'get', 'nodes')]
    """
    commands: list[ShellCommand] = []
    for pipeline in parse_pipelines(text):
        if len(pipeline) > 1:
            raise NotUnderstood("it pipes one command into another; only single commands can be run.")
        commands += pipeline
    return tuple(commands)


@lru_cache(maxsize=1024)
def parse_pipelines(text: str) -> tuple[tuple[ShellCommand, ...], ...]:
    """Like `parse`, with `a | b | c` as one tuple of three."""
    if len(text) > LONGEST:
        raise NotUnderstood(f"it is longer than {LONGEST} characters, which nobody reads before approving.")
    if deceptive := has_deceptive_characters(text):
        raise NotUnderstood(f"it holds characters that show something else than what runs: {deceptive[0]}.")
    source = text.encode()
    pipelines = tuple(
        pipeline for stmt in _syntax_tree(source).get("Stmts") or () for pipeline in _pipelines(stmt, source)
    )
    if not pipelines:
        raise NotUnderstood("it holds no command.")
    words = [[tuple(word) for word in command] for pipeline in pipelines for command in pipeline]
    if words != list(_words_seen_by_tree_sitter(source)):
        raise NotUnderstood("two parsers read it differently; write it more plainly.")
    return tuple(tuple(_command(words_of_one, source) for words_of_one in pipeline) for pipeline in pipelines)


def quote(argv: tuple[str, ...] | list[str]) -> str:
    """The text of one command that `parse` reads back as exactly `argv`."""
    return shlex.join(argv)


Slice = tuple[int, int]
Words = list[Slice]


def _syntax_tree(source: bytes) -> Json:
    done = subprocess.run(
        [_shfmt(), "--to-json", "-ln", "bash"], input=source, capture_output=True, timeout=10, check=False, env={}
    )
    if done.returncode != 0:
        complaint = done.stderr.decode(errors="replace").strip().removeprefix("<standard input>:")
        raise NotUnderstood(f"it is not valid shell: {complaint[:200]}.")
    tree: Json = json.loads(done.stdout)
    return tree


@cache
def _shfmt() -> str:
    beside = Path(sys.executable).parent / "shfmt"
    found = str(beside) if beside.is_file() else shutil.which("shfmt")
    if not found:
        raise Misconfigured("shfmt is not installed, so no command can be checked. Install it: pip install shfmt-py")
    return found


def _pipelines(stmt: Json, source: bytes) -> Iterator[list[Words]]:
    """The pipelines of one statement, with every construct refused that is not a simple command."""
    for flag, reason in (
        ("Negated", "negates a result with `!`"),
        ("Background", "runs in the background (&)"),
        ("Coprocess", "starts a coprocess"),
        ("Disown", "runs in the background"),
    ):
        if stmt.get(flag):
            raise NotUnderstood(f"it {reason}.")
    if stmt.get("Redirs"):
        raise NotUnderstood("it redirects input or output (<, >, <<); a command may only print.")
    command = stmt.get("Cmd")
    if command is None:
        raise NotUnderstood("it holds an empty statement.")
    match command["Type"]:
        case "CallExpr":
            yield [_words(command)]
        case "BinaryCmd" if _operator(command, source) == "&&":
            yield from _pipelines(command["X"], source)
            yield from _pipelines(command["Y"], source)
        case "BinaryCmd" if _operator(command, source) == "|":
            sides = [list(_pipelines(command[side], source)) for side in ("X", "Y")]
            if any(len(side) != 1 for side in sides):
                raise NotUnderstood("it pipes a list of commands.")
            yield sides[0][0] + sides[1][0]
        case "BinaryCmd":
            raise NotUnderstood(
                f"it joins commands with `{_operator(command, source)}`; only `&&`, `;` and lines are plain."
            )
        case other:
            raise NotUnderstood(f"it {_NEEDS_A_SHELL.get(other, f'uses shell syntax ({other})')}.")


def _operator(command: Json, source: bytes) -> str:
    at = command["OpPos"]["Offset"]
    found = re.match(rb"[|&;]{1,2}", source[at : at + 2])
    return found.group().decode() if found else "?"


def _words(command: Json) -> Words:
    if command.get("Assigns"):
        raise NotUnderstood("it sets a variable.")
    return [_slice(word) for word in command.get("Args") or () if _literal_parts(word["Parts"])]


def _literal_parts(parts: list[Any]) -> bool:
    for part in parts:
        kind = part["Type"]
        if kind in ("SglQuoted", "DblQuoted") and part.get("Dollar"):
            raise NotUnderstood("it uses $'…' or $\"…\", which the shell rewrites; write the characters themselves.")
        if kind == "DblQuoted":
            _literal_parts(part.get("Parts") or [])
        elif kind not in ("Lit", "SglQuoted"):
            raise NotUnderstood(f"it {_NEEDS_A_SHELL.get(kind, f'uses shell syntax ({kind})')}.")
    return True


def _slice(node: Json) -> Slice:
    return node["Pos"]["Offset"], node["End"]["Offset"]


def _words_seen_by_tree_sitter(source: bytes) -> Iterator[list[Slice]]:
    waiting = [_bash_parser().parse(source).root_node]
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing or node.has_error:
            raise NotUnderstood("one of two parsers cannot read it; write it more plainly.")
        if node.type not in _AGREED_NODES:
            raise NotUnderstood(
                f"one of two parsers sees a {node.type.replace('_', ' ')} in it; write it more plainly."
            )
        if node.type == "command":
            yield [(child.start_byte, child.end_byte) for child in node.named_children if child.type != "comment"]
        else:
            waiting += reversed(node.children)


@cache
def _bash_parser() -> Any:
    import tree_sitter
    import tree_sitter_bash

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def _command(words: Words, source: bytes) -> ShellCommand:
    raw = [source[start:end].decode() for start, end in words]
    argv = tuple(_unquoted(word) for word in raw)
    if argv[0] != raw[0] or not re.fullmatch(r"[A-Za-z0-9_./+-]+", argv[0]):
        raise NotUnderstood(f"its command word {raw[0][:60]} is not written plainly.")
    for word in argv:
        if not word.isascii() or not word.replace("\n", "").replace("\t", "").isprintable():
            raise NotUnderstood(f"the word {word[:60]!r} holds characters outside plain ASCII.")
    text = source[words[0][0] : words[-1][1]].decode()
    return ShellCommand(argv, text if "\n" not in text else quote(argv))


_PIECE = re.compile(
    r"'(?P<single>[^']*)'|\"(?P<double>(?:[^\"\\]|\\[\s\S])*)\"|\\(?P<escaped>[\s\S])|(?P<bare>[^'\"\\]+)"
)


def _unquoted(raw: str) -> str:
    """The word that bash makes of `raw`, which holds quotes, escapes and plain characters only."""
    pieces: list[str] = []
    at, bare, hollow = 0, False, False
    while at < len(raw):
        piece = _PIECE.match(raw, at)
        if not piece:
            raise NotUnderstood("its quotes do not close.")
        at = piece.end()
        bare |= piece["bare"] is not None
        hollow |= "" in (piece["single"], piece["double"])
        if piece["bare"] is not None:
            pieces.append(_without_patterns(piece["bare"], first=piece.start() == 0))
        elif piece["single"] is not None:
            pieces.append(piece["single"])
        elif piece["double"] is not None:
            pieces.append(re.sub(r"\\([$`\"\\\n])", lambda m: "" if m[1] == "\n" else m[1], piece["double"]))
        elif piece["escaped"] != "\n":
            if piece["escaped"].isalnum():
                raise NotUnderstood(f"the word {raw[:60]} hides plain letters behind backslashes.")
            pieces.append(piece["escaped"])
    if bare and hollow:
        raise NotUnderstood(f"the word {raw[:60]} is broken up by empty quotes.")
    return "".join(pieces)


def _without_patterns(bare: str, *, first: bool) -> str:
    found = _GLOB.search(bare)
    if found and (found.group() != "~" or first):
        raise NotUnderstood(f"the shell would expand {bare[:60]!r}; put it in quotes.")
    return bare
