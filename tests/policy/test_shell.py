"""Only simple commands made of literals are understood; whatever needs a shell is refused, wherever it stands."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy.shell import LONGEST, NotUnderstood, parse, parse_pipelines, quote

_PLAIN = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=30)


@settings(max_examples=60, deadline=None)
@given(st.lists(_PLAIN, max_size=6))
def test_what_is_quoted_is_read_back_as_it_was(words: list[str]) -> None:
    """Whatever the words hold: quotes, dollars, backslashes, patterns."""
    argv = ("kubectl", *words)

    assert [command.argv for command in parse(quote(argv))] == [argv]


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("kubectl get pods", [("kubectl", "get", "pods")]),
        ("kubectl get pods \\\n  -n shop", [("kubectl", "get", "pods", "-n", "shop")]),
        ("a && b; c\nd # why", [("a",), ("b",), ("c",), ("d",)]),
        ("# first look\nkubectl get pods\n\n", [("kubectl", "get", "pods")]),
        ("kubectl get \"a b\" 'c d' e\\ f", [("kubectl", "get", "a b", "c d", "e f")]),
        ("kubectl get pods -l 'app in (a,b)' -o 'jsonpath={.items[*]}'", None),
        ("kubectl patch x -p '{\"a\":[1,2]}'", [("kubectl", "patch", "x", "-p", '{"a":[1,2]}')]),
        ('echo "a\\$b \\"c\\""', [("echo", 'a$b "c"')]),
    ],
)
def test_plain_commands_are_understood(text: str, commands: list[tuple[str, ...]] | None) -> None:
    """Lists, comments, continued lines and quotes are plain enough."""
    understood = [command.argv for command in parse(text)]

    assert understood == commands or commands is None


CONSTRUCTS = [
    "$HOME",
    "${HOME}",
    "$(kubectl get ns)",
    "`kubectl get ns`",
    "$((1+1))",
    "<(ls)",
    ">(tee x)",
    "$'\\x72m'",
    '$"rm"',
    "> out",
    ">> out",
    "2>&1",
    "< in",
    "<<< word",
    "<<E\nx\nE",
    "*",
    "a?",
    "[ab]",
    "{a,b}",
    "{1..3}",
    "~",
    "~root/x",
    "&",
    "| sh",
    "| bash -s",
    "| xargs kubectl delete",
    "|| true",
    "|& cat",
    "; if true; then ls; fi",
    "; for x in a; do ls; done",
    "; while true; do ls; done",
    "; (ls)",
    "; { ls; }",
    "; f() { ls; }; f",
    "; [[ a == b ]]",
    "; ((x=1))",
    "; x=1",
    "; X=1 ls",
    "; ! ls",
    "; time ls",
    "; coproc ls",
    "; declare x=1",
    "; export X=1",
    "; eval ls",
    "; source x",
    "; . x",
    "; bash -c ls",
    "; l\\s",
    "; l''s",
    "; 'ls'",
    '; "$(echo rm)"',
    '"unclosed',
    "'unclosed",
    "; case x in x) ls;; esac",
    "; select x in a; do ls; done",
    "\x00",
    "\x1b[1A",
    "\r",
    "\u202e",
    "рrod",
]


@pytest.mark.parametrize("construct", CONSTRUCTS)
@pytest.mark.parametrize("command", ["kubectl get pods {}", "kubectl scale deploy/web --replicas=2 {}"])
def test_nothing_that_needs_a_shell_is_ever_understood(construct: str, command: str) -> None:
    """Either the parser refuses it, or what it finds is none of the words that were smuggled in."""
    from policy.verdict import judge

    verdict = judge(command.format(construct))

    assert not verdict.runnable
    assert verdict.risk.name == "forbidden"
    assert verdict.reasons


@pytest.mark.parametrize("construct", ["$X", "$(ls)", "`ls`", "*", "{a,b}", "$'a'", "~"])
def test_quotes_make_some_of_them_literal(construct: str) -> None:
    """In single quotes all of them are characters; that is how patches and jsonpaths are written."""
    (command,) = parse(f"echo '{construct.replace(chr(39), '')}'")

    assert command.argv[1] == construct.replace("'", "")


def test_a_text_nobody_would_read_is_refused() -> None:
    """A limit on what can be approved is a limit on what can be parsed."""
    with pytest.raises(NotUnderstood, match="longer than"):
        parse("kubectl get pods " + "x " * LONGEST)


def test_pipes_are_seen_and_not_run() -> None:
    """Judging sees the pipeline; running takes single commands."""
    assert [[c.argv[0] for c in pipeline] for pipeline in parse_pipelines("a | b | c; d")] == [["a", "b", "c"], ["d"]]
    with pytest.raises(NotUnderstood, match="pipes"):
        parse("a | b")


@pytest.mark.parametrize("text", ["kubectl get $", "kubectl get pods \\ %", "kubectl get =="])
def test_where_two_parsers_disagree_nothing_is_understood(text: str) -> None:
    """One of them is wrong about it, and nobody knows which."""
    with pytest.raises(NotUnderstood, match="parsers"):
        parse(text)


@pytest.mark.parametrize("text", ["", "   \n", "# only words"])
def test_nothing_is_not_a_command(text: str) -> None:
    """An empty script cannot be approved."""
    with pytest.raises(NotUnderstood, match="no command"):
        parse(text)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(min_codepoint=1, max_codepoint=126), max_size=60))
def test_any_text_is_either_understood_or_refused(text: str) -> None:
    """Never another error, and never a word that is not there."""
    try:
        commands = parse(text)
    except NotUnderstood:
        return

    assert commands
    assert all(command.argv[0] in text for command in commands)
