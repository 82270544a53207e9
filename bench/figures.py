"""Runs all benches and writes docs/figures.md with date, machine and command."""

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
}


def main(data: str) -> None:
    sections = [
        ("A question in a running chat, without a model", ["conversation.py"]),
        ("Starting", ["startup.py"]),
        ("A practice cluster", ["start_practice.py"]),
        ("The practice cluster beside a real control plane", ["practice_api.py"]),
        ("Metrics from memory beside a real Prometheus", ["practice_metrics.py"]),
        ("Ten thousand alerts at once", ["alert_burst.py"]),
    ]
    if data and Path(data).is_dir():
        sections.append(("Finding the right runbook", ["runbook_search.py", data]))
    lines = [
        "# Figures",
        "",
        f"Written by `make figures` on {datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}. Compare the figures with their floors, not with other machines.",
    ]
    for title, command in sections:
        lines += ["", f"## {title}", "", f"`python bench/{' '.join(command)}`", "", *_table(_run(command))]
    path = HERE.parent / "docs" / "figures.md"
    path.write_text("\n".join(lines) + "\n")
    print(path.read_text())


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
        ["method", *columns], [[name, *(_said(row[column]) for column in columns)] for name, row in compared.items()]
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
    main(parser.parse_args().data)
