"""Over HTTPS: metrics for Prometheus, and for practice itself what is being played and where counters go on from."""

import dataclasses
import time

from aiohttp import web

from practice.kubelet.meters import Meters
from practice.series import exposition


def routes(meters: Meters) -> list[web.RouteDef]:
    async def metrics(request: web.Request) -> web.Response:
        return web.Response(text=exposition(meters.samples(time.time(), request.query.getall("namespace", []))))

    async def plays(request: web.Request) -> web.Response:
        found = meters.plays(request.query.getall("namespace", []))
        return web.json_response([dataclasses.asdict(play) for play in found])

    async def go_on(request: web.Request) -> web.Response:
        told = await request.json()
        meters.go_on_from(told["at"], told["totals"])
        return web.json_response({})

    return [web.get("/metrics", metrics), web.get("/plays", plays), web.post("/meters", go_on)]
