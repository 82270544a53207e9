"""Runs the benches and writes docs/figures.md, with the machine, and the command and date of each section."""

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
MOST_COLUMNS = 8
"""A wider table is turned on its side."""
TARGETS = {
    "first evidence, s": "≤ 1",
    "full answer, s": "≤ 2",
    "turn 100 / turn 1": "≤ 1.2",
    "hilda --help, s": "≤ 0.3",
    "a decision in another terminal is seen here, ms": "≤ 500",
    "start to first prompt, small cluster, s": "≤ 10",
    "start to first prompt, real cluster, s": "≤ 10",
}

SECTIONS = {
    "A question in a running chat, without a model": ["conversation.py"],
    "Starting": ["startup.py"],
    "A practice cluster": ["start_practice.py"],
    "The practice cluster beside a real control plane": ["practice_api.py"],
    "Metrics from memory beside a real Prometheus": ["practice_metrics.py"],
    "Ten thousand alerts at once": ["alert_burst.py"],
    "A busy Slack workspace": ["slack_load.py", "--seconds", "20"],
    "A busy organisation on Teams": ["teams_load.py", "--seconds", "20"],
    "Finding the right runbook": ["runbook_search.py"],
}
PAGE = HERE.parent / "docs" / "figures.md"


def main(data: str, only: list[str]) -> None:
    """Every section of the page anew, or those of some benches; what one of them fails to measure stays as it was."""
    before = _sections(PAGE.read_text())
    sections = {title: before[title] for title in SECTIONS if title in before}
    for title, command in SECTIONS.items():
        needs_data = command == ["runbook_search.py"]
        if (only and command[0] not in only) or (needs_data and not Path(data).is_dir()):
            continue
        sections[title] = _section([*command, data] if needs_data else command)
        PAGE.write_text(_page(sections))
    print(PAGE.read_text())


def _page(sections: dict[str, str]) -> str:
    lines = [
        "# Figures",
        "",
        f"Written by `make figures`, {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}. "
        "Compare the figures with their floors, not with other machines.",
    ]
    for title in SECTIONS:
        if title in sections:
            lines += ["", f"## {title}", "", sections[title]]
    return "\n".join(lines) + "\n"


def _sections(page: str) -> dict[str, str]:
    """The text of each by its title."""
    parts = [part.partition("\n") for part in page.split("\n## ")[1:]]
    return {title: text.strip() for title, _, text in parts}


def _section(command: list[str]) -> str:
    called = f"`python bench/{' '.join(command)}`, {datetime.now(UTC):%Y-%m-%d}"
    return "\n".join([called, "", *_table(_run(command))])


def _run(command: list[str]) -> object:
    done = subprocess.run(
        [sys.executable, str(HERE / command[0]), *command[1:]],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(HERE.parent)},
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


def _table(figures: object) -> list[str]:
    assert isinstance(figures, dict)
    if not all(isinstance(value, dict) for value in figures.values()):
        return _markdown(
            ["what", "measured", "wanted"],
            [[name, _said(value), TARGETS.get(name, "")] for name, value in figures.items()],
        )
    columns = list(next(iter(figures.values())))
    if len(columns) > MOST_COLUMNS:
        rows = [[what, *(_said(row[what]) for row in figures.values())] for what in columns]
        return _markdown(["what", *figures], rows)
    compared = {name: row for name, row in figures.items() if set(row) == set(columns)}
    lines = _markdown(
        ["what", *columns], [[name, *(_said(row[column]) for column in columns)] for name, row in compared.items()]
    )
    for name, row in figures.items():
        if name not in compared:
            plain = [f"{what} {_said(value)}" for what, value in row.items() if isinstance(value, int | float)]
            lines += ["", f"{name}: {', '.join(plain)}"]
    return lines


def _markdown(columns: list[str], rows: list[list[str]]) -> list[str]:
    return ["| " + " | ".join(row) + " |" for row in (columns, ["---"] * len(columns), *rows)]


def _said(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="", help="folder with runbooks/ and queries-dev.jsonl")
    parser.add_argument("--only", nargs="+", default=[], metavar="FILE", help="run these benches, such as startup.py")
    given = parser.parse_args()
    main(given.data, given.only)
