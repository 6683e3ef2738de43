"""What a pool of SQLAlchemy tells of itself."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine


def at_work(**engines: AsyncEngine) -> dict[str, tuple[int, int]]:
    """Of each engine's pool, how many connections are at work, and how many there may be."""
    pools = {name: engine.pool for name, engine in engines.items()}
    return {
        name: (pool.checkedout(), pool.size())
        for name, pool in pools.items()
        if isinstance(pool, sa.QueuePool)
    }
