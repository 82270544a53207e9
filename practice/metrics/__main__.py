"""`python -m practice.metrics --port P --scrape URL ...`: metrics from memory, behind Prometheus' HTTP API."""

import argparse
import asyncio
import json
import time
from pathlib import Path

from practice.history import Chapter
from practice.metrics.past import remember
from practice.metrics.rules import EVERY, Rules
from practice.metrics.scraping import Target
from practice.metrics.serving import serve
from practice.promql.engine import Engine
from practice.promql.memory import Memory
from practice.until_signalled import run_until_signalled

REMEMBERS = 2 * 3600
"""Seconds after which samples are forgotten."""
_TIDIES_EVERY = 600


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m practice.metrics", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help="loopback port to answer on")
    parser.add_argument("--scrape", action="append", default=[], help="address of a target; its certificate is trusted")
    parser.add_argument("--every", type=float, default=10.0, help="seconds between scrapes")
    parser.add_argument("--rules", type=Path, help="Prometheus' rule file, of alerts")
    parser.add_argument("--history", type=Path, help="JSON list of chapters to begin with (practice/history.py)")
    chosen = parser.parse_args()
    run_until_signalled(run(chosen))


async def run(chosen: argparse.Namespace) -> None:
    """Ready is what has scraped its targets once, so that the past goes on into the present."""
    memory = Memory()
    targets = [Target(url, chosen.every) for url in chosen.scrape]
    rules = Rules(chosen.rules)
    engine = Engine(memory, subquery_step=int(EVERY * 1000))
    if chosen.history:
        chapters = [Chapter.parse(each) for each in json.loads(chosen.history.read_text())]
        past = memory.table(targets[0].url if targets else "history")
        remember(chapters, past)
        rules.catch_up(engine, int(past.moments[0]), int(past.moments[-1]))
    runner = await serve(engine, targets, rules, port=chosen.port)
    try:
        async with asyncio.TaskGroup() as group:
            for target in targets:
                group.create_task(target.keep_scraping(memory))
            group.create_task(rules.keep_evaluating(engine, after=[target.scraped for target in targets]))
            group.create_task(_keep_tidy(memory))
    finally:
        await runner.cleanup()


async def _keep_tidy(memory: Memory) -> None:
    while True:
        await asyncio.sleep(_TIDIES_EVERY)
        memory.forget(int((time.time() - REMEMBERS) * 1000))


if __name__ == "__main__":
    main()
