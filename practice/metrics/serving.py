"""What answers over HTTP: Prometheus' API and Alertmanager's on one address, and the pages that links lead to."""

from collections.abc import Collection

from aiohttp import web

from practice.metrics.alertmanager import Alertmanager
from practice.metrics.api import Api
from practice.metrics.pages import Pages
from practice.metrics.rules import Rules
from practice.metrics.scraping import Target
from practice.promql.engine import Engine


async def serve(engine: Engine, targets: Collection[Target], rules: Rules, *, port: int) -> web.AppRunner:
    """Answer on loopback."""
    app = web.Application()
    app.add_routes(
        [*Api(engine, targets, rules).routes(), *Alertmanager(rules).routes(), *Pages(engine, rules).routes()]
    )
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    return runner
