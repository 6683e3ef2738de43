"""The least that a verification can be: uvicorn, a bare ASGI function, a hash, one read, a compare.

    python -m benchmarks.skeleton (sqlite PATH | postgres URL)

Counts nothing, limits nothing, measures nothing and knows one case: the key is there or it is not.
What the service does beyond this is what its contract costs. The reads are the service's own.
"""

import asyncio
import hashlib
import hmac
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

if TYPE_CHECKING:
    from keyconsole.service.store.lookup import KeyLookup

_REFUSED = [(b"content-length", b"0"), (b"www-authenticate", b"Bearer")]


class Skeleton:
    """An ASGI app."""

    def __init__(self, database: str, where: str) -> None:
        self._database = database
        self._where = where
        self._lookup: KeyLookup

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        token = b""
        for name, value in scope["headers"]:
            if name == b"authorization":
                token = value[7:]
        digest = hashlib.sha256(token).digest()
        row = await self._lookup.find(token[4:20].decode())
        if row is None or hmac.compare_digest(digest, row.verifier):
            await send({"type": "http.response.start", "status": 401, "headers": _REFUSED})
        else:
            headers = [
                (b"content-length", b"0"),
                (b"x-integration-id", row.integration_id.encode()),
                (b"x-workspace-id", row.workspace_id.encode()),
            ]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _lifespan(
        self,
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        await receive()
        if self._database == "sqlite":
            from keyconsole.service.store.sqlite.identity import DatabaseFile
            from keyconsole.service.store.sqlite.lookup import SqliteKeyLookup

            self._lookup = SqliteKeyLookup(DatabaseFile(Path(self._where)))
        else:
            from keyconsole.service.store.postgres.lookup import PostgresKeyLookup

            self._lookup = await PostgresKeyLookup.open(self._where)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._lookup.aclose()
        await send({"type": "lifespan.shutdown.complete"})


async def main() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    app: Any = Skeleton(sys.argv[1], sys.argv[2])
    server = uvicorn.Server(
        uvicorn.Config(app, loop="uvloop", access_log=False, server_header=False, log_config=None)
    )
    print(f"listening on http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    await server.serve(sockets=[listening])


if __name__ == "__main__":
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
