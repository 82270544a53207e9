"""Filling a command line: a value stays inside its word, whatever it is made of."""

import json
import shlex

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from policy.shell import parse
from runbooks.command_template import BadTemplate, fill_command, lines_of, words
from runbooks.slots import SLOTS, Unfillable

PATCH = """kubectl -n shop patch configmap c --type=merge -p '{"data":{"{{config_key}}":"{{config_value}}"}}'"""
plain = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40).filter(SLOTS["env_value"].accepts)
anything = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=40)


def test_a_value_in_json_is_escaped_as_json_and_quoted_for_the_shell() -> None:
    """Quotes, backslashes and line breaks of a ConfigMap's value arrive as they were."""
    value = 'say "hi"\\n, it\'s\n$(id)'

    command = fill_command(PATCH, {"config_key": "a.txt", "config_value": value}.__getitem__)

    assert json.loads(command.argv[-1]) == {"data": {"a.txt": value}}
    assert shlex.split(command.text) == list(command.argv)


@given(plain, anything)
@example("a b", "ends with \\")
@example("a b", '\\"')
def test_a_shell_reads_the_words_that_were_meant(one_line: str, any_text: str) -> None:
    """The parser that policy judges with sees exactly our words: nothing of the value is syntax."""
    values = {"config_key": "k", "config_value": any_text, "env_value": one_line}

    for template in ("kubectl set env deployment/a X={{env_value}}", PATCH):
        filled = fill_command(template, values.__getitem__)

        assert [command.argv for command in parse(filled.text)] == [filled.argv]
        assert len(filled.argv) == len(words(template))
    assert json.loads(filled.argv[-1]) == {"data": {"k": any_text}}


def test_a_value_never_becomes_an_option() -> None:
    """A name such as `--all` at a word's beginning is refused."""
    with pytest.raises(Unfillable, match="begins with a dash"):
        fill_command("kubectl delete pod {{pod}}", lambda _: "--all")


def test_a_value_is_not_searched_for_slots_again() -> None:
    """What was observed is data, even when it looks like a template."""
    command = fill_command("kubectl annotate pod/a note={{env_value}}", lambda _: "{{pod}}")

    assert command.argv[-1] == "note={{pod}}"


def test_several_lines_only_fit_into_json() -> None:
    """A line break in a plain word is refused rather than hidden in quotes."""
    with pytest.raises(Unfillable, match="several lines"):
        fill_command("kubectl set env deployment/a X={{env_value}}", lambda _: "a\nb")


@pytest.mark.parametrize(
    "template",
    [
        "a; b",
        "a && b",
        "a | b",
        "a > b",
        "a $X",
        'a "$(b)"',
        "a `b`",
        "a *",
        "a {b,c}",
        "a # b",
        "a 'b",
        "{{pod}}",
        "  ",
        "a '{\"n\":{{pod}}}'",
    ],
)
def test_only_one_plain_command_is_a_template(template: str) -> None:
    """What would need a shell cannot be judged, so it cannot be written."""
    with pytest.raises(BadTemplate):
        words(template)


def test_a_backslash_joins_lines_and_comments_are_left_out() -> None:
    """Long commands read well in the runbook and are one line when they run."""
    commands = lines_of("# first\nkubectl get pods \\\n  -n shop\n\nkubectl get nodes\n")

    assert commands == [(1, "kubectl get pods -n shop"), (4, "kubectl get nodes")]
