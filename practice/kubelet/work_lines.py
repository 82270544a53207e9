"""What a program writes while it works: a line now and then that shows how it is doing."""

import random

from practice.traffic import Behaviour

EVERY = 3.0
"""Seconds between two lines of one container."""

_PATHS = ("/api/items", "/api/items/{n}", "/api/orders/{n}", "/api/status", "/api/batch")


def work_line(how: Behaviour, chance: random.Random) -> str:
    """One line; "" when nothing is coming in."""
    if not how.serving:
        return ""
    path = chance.choice(_PATHS).format(n=chance.randint(1000, 99999))
    took = chance.lognormvariate(0, 0.5) * how.latency_ms
    if how.pool_waiting and chance.random() < 0.5:
        counts = f"size={how.pool_size} in_use={how.pool_used:.0f} waiting={how.pool_waiting:.0f}"
        return f"WARN waiting for a database connection took {took * 0.9:.0f}ms pool={how.pool_name} {counts}"
    if chance.random() < how.upstream_ratio:
        return f"ERROR GET {path} 502 {took:.0f}ms: upstream {how.upstream} {how.upstream_says}"
    if chance.random() < how.error_ratio - how.upstream_ratio:
        why = "no database connection became free" if how.pool_waiting else "internal error"
        return f"ERROR GET {path} {503 if how.pool_waiting else 500} {took:.0f}ms: {why}"
    return f"INFO GET {path} 200 {took:.0f}ms"
