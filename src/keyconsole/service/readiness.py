"""Decides if a process is ready for traffic, for `/readyz` and for `/metrics`."""

import asyncio

from keyconsole.service.runtime import Runtime
from keyconsole.service.store.engine import StoreUnavailableError

SCRAPE_SECONDS = 2.0
"""Seconds that a scrape waits for the database at most."""


async def obstacle(runtime: Runtime) -> str | None:
    """Returns why the process is not ready, in a sentence; raises `StoreUnavailableError`."""
    runtime.clock_watch.is_right()
    reasons = (runtime.store.distrust, await runtime.lookup.check(), runtime.clock_watch.reason)
    return next((reason for reason in reasons if reason), None)


async def is_ready(runtime: Runtime) -> bool:
    """Returns if `/readyz` would answer 200, within `SCRAPE_SECONDS`."""
    try:
        async with asyncio.timeout(SCRAPE_SECONDS):
            return await obstacle(runtime) is None
    except (StoreUnavailableError, TimeoutError):
        return False
