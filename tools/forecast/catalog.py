"""All ways of breaking that can be seen coming, in the order in which they are looked for."""

import asyncio
from collections.abc import Awaitable, Callable

from tools.forecast import certificates, deprecated, filling, quotas, restarts
from tools.forecast.outlook import HORIZON, Forecast, Outlook

Coming = Callable[[Outlook], Awaitable[list[Forecast]]]

FORECASTS: tuple[Coming, ...] = (
    filling.coming,
    quotas.coming,
    certificates.coming,
    restarts.coming,
    deprecated.coming,
)


async def all_coming(outlook: Outlook) -> tuple[Forecast, ...]:
    """What any of them sees, soonest first; what has no time comes last, worst first."""
    found = await asyncio.gather(*(coming(outlook) for coming in FORECASTS))
    late = outlook.now + 2 * HORIZON
    return tuple(
        sorted((one for some in found for one in some), key=lambda one: (one.at or late, -one.finding.severity))
    )
