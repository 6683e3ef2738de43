"""What an administrator puts before the service: TLS, with a certificate of an own authority."""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import trustme
from tests.terminal.terminal import DEADLINE

_Connected = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Authority:
    """An authority that no machine knows, and its certificate in a file."""

    def __init__(self, directory: Path) -> None:
        self._authority = trustme.CA()
        self.ca_file = directory / "acme-ca.pem"
        self._authority.cert_pem.write_to_path(self.ca_file)

    def context(self, host: str = "127.0.0.1") -> ssl.SSLContext:
        """What a server of that name needs."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(host).configure_cert(context)
        return context


@contextlib.contextmanager
def tls_before(port: int, context: ssl.SSLContext) -> Iterator[str]:
    """The https address of something that listens on `port`, while this lasts."""
    loop, ended = asyncio.new_event_loop(), asyncio.Event()
    url: list[str] = []
    ready = threading.Event()

    async def serve() -> None:
        server = await asyncio.start_server(_forwarding_to(port), "127.0.0.1", 0, ssl=context)
        url.append(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        ready.set()
        await ended.wait()
        server.close()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert ready.wait(DEADLINE)
        yield url[0]
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(DEADLINE)
        loop.close()


def _forwarding_to(port: int) -> _Connected:
    async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await source.read(65536):
                target.write(piece)
                await target.drain()
        target.close()

    async def connected(near: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        try:
            far, question = await asyncio.open_connection("127.0.0.1", port)
        except OSError:  # nobody is behind it just now
            answer.close()
            return
        await asyncio.gather(carry(near, question), carry(far, answer))

    return connected
