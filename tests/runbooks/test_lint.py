"""The linter: what a runbook must have before anybody relies on it at night."""

from pathlib import Path

import pytest

from runbooks.library import load, read
from runbooks.lint import check, check_all
from runbooks.parse import parse

BOOKS = {book.id: book for book in load()}


def faults_after(right: str, wrong: str, book: str = "image-pull") -> list[str]:
    text = BOOKS[book].text
    assert right in text
    return [str(fault) for fault in check(parse(text.replace(right, wrong), "x.md"))]


def test_our_own_runbooks_are_without_fault() -> None:
    """Sections, reasons, checks, ways back, links, and every command runnable at its declared risk."""
    assert sorted(BOOKS) == [
        "autoscaler-at-limit",
        "claim-pending",
        "config-missing",
        "crash-loop",
        "errors-or-latency",
        "image-pull",
        "out-of-memory",
        "pool-exhausted",
        "probe-failing",
        "rollout-stuck",
        "service-without-endpoints",
        "unschedulable",
    ]

    assert check_all() == []


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("## Impact", "## Damage", "the section '## Impact' is missing"),
        ("reviewed: 2026-11-01\n", "", "lacks 'reviewed'"),
        (
            '"risk":"medium","excludeFromRunAll":"true"}',
            '"risk":"low","excludeFromRunAll":"true"}',
            "policy says medium",
        ),
        ('"excludeFromRunAll":"true"', '"excludeFromRunAll":"false"', "never runs it unasked"),
        ("Done when every pod", "When every pod", "nobody can tell when this is done"),
        (
            "kubectl -n {{namespace}} describe pod {{pod}}",
            "kubectl -n {{namespace}} exec {{pod}} -- id",
            "would not run",
        ),
        (
            "kubectl -n {{namespace}} describe pod {{pod}}",
            "kubectl -n {{namespace}} get secret {{pod}} -o yaml",
            "would not",
        ),
        ("kubectl -n {{namespace}} describe pod {{pod}}", "kubectl --context=a describe pod {{pod}}", "would not"),
        ("kubectl -n {{namespace}} describe pod {{pod}}", "rm -rf /tmp/{{pod}}", "would not run"),
        ("Read the registry's own words first.", "Read [this](./nowhere.md).", "leads nowhere"),
        ('"for":"undo-rollout"', '"for":"set-previous-image"', "nothing under Undo takes 'undo-rollout' back"),
    ],
)
def test_each_lack_is_found(right: str, wrong: str, said: str) -> None:
    """One change to a good runbook brings the sentence about it."""
    faults = faults_after(right, wrong)

    assert any(said in fault for fault in faults), faults


def test_a_step_without_a_check_is_a_fault() -> None:
    """Nobody should have to guess whether it worked."""
    faults = faults_after(
        '"name":"rollout-finished","tag":"verify"', '"name":"x","tag":"verify","for":"set-previous-image"'
    )

    assert any("nothing under Verify tells whether 'undo-rollout' worked" in fault for fault in faults)


def test_a_broken_file_in_a_teams_folder_does_not_take_the_others_with_it(tmp_path: Path) -> None:
    """It is reported with file and line; ours and the team's good ones still load."""
    (tmp_path / "own.md").write_text(BOOKS["crash-loop"].text.replace("id: crash-loop", "id: ours"), encoding="utf-8")
    (tmp_path / "broken.md").write_text("---\nid: [\n---\n", encoding="utf-8")
    (tmp_path / "binary.md").write_bytes(b"---\n\xff\xfe")
    (tmp_path / "plain.md").write_text("# Just to read\n", encoding="utf-8")

    library = read(tmp_path)

    assert {book.id for book in library.runbooks} == {*BOOKS, "ours"}
    assert sorted((Path(fault.file).name, fault.line) for fault in library.faults)[:2] == [
        ("binary.md", 1),
        ("broken.md", 2),
    ]


def test_a_teams_runbook_replaces_ours_of_the_same_id(tmp_path: Path) -> None:
    """Whoever owns the cluster knows better."""
    text = BOOKS["crash-loop"].text.replace("owner: platform on-call", "owner: payments team")
    (tmp_path / "crash-loop.md").write_text(text, encoding="utf-8")

    books = {book.id: book for book in load(tmp_path)}

    assert len(books) == len(BOOKS)
    assert books["crash-loop"].owner == "payments team"
