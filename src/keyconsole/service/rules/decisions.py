"""Stores what the clock decided, before anybody asks: expired keys and closed replay windows."""

from keyconsole.service.rules.minting import REPLAY_WINDOW
from keyconsole.service.runtime import Runtime
from keyconsole.service.store import decisions as store

CHUNK = 500


async def store_due(runtime: Runtime) -> int:
    """Marks what has expired and closes replay windows; returns how many. Any process may do it."""
    now = runtime.clock()
    done = 0
    async with runtime.store.read() as tx:
        if not await store.is_any_due(tx, now, now - REPLAY_WINDOW):
            return done
    while True:
        async with runtime.store.best_effort_write() as tx:
            marked = await store.see_expired(tx, now, CHUNK)
            marked += await store.close_replays(tx, now, now - REPLAY_WINDOW, CHUNK)
        done += marked
        if marked < CHUNK:
            return done
