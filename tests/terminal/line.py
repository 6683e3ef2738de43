"""A real SSH connection to the machine: `asyncssh` at both ends, a pty and the console at the far.

What a terminal would be handed comes out of a socket, and what is typed goes into it, so that a
`Terminal` reads and writes it like the pty it knows. The line can be slow, and it can be cut.
"""

import asyncio
import contextlib
import fcntl
import os
import socket
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import asyncssh
from tests.terminal.terminal import DEADLINE, KEYCONSOLE, LAUNCH, Terminal

ResultT = TypeVar("ResultT")
_PIECE = 65536


class SshServer:
    """A server in this process that does what sshd does with a `ForceCommand`.

    Whatever a client asks for, it gets the console on a pty, with the environment of a login.
    """

    def __init__(self, environ: Mapping[str, str], cwd: Path, command: Sequence[str]) -> None:
        self._environ, self._cwd, self._command = environ, cwd, command
        self.started: list[subprocess.Popen[bytes]] = []
        self.has_started = asyncio.Event()

    async def serve(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        """One session, from its pty request to its end."""
        controller, terminal = os.openpty()
        os.set_blocking(controller, False)
        columns, lines, _, _ = process.term_size
        _set_size(controller, columns, lines)
        peer = process.get_extra_info("peername")
        environ = {
            **self._environ,
            "TERM": process.term_type or "dumb",
            "SSH_CONNECTION": f"{peer[0]} {peer[1]} 127.0.0.1 22",
            "SSH_TTY": os.ttyname(terminal),
        }
        if process.command is not None:
            environ["SSH_ORIGINAL_COMMAND"] = process.command
        child = self._start(terminal, environ)
        os.close(terminal)
        work = [
            asyncio.create_task(self._carry_output(process, controller)),
            asyncio.create_task(self._carry_typing(process, controller)),
        ]
        try:
            await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            os.close(controller)  # as sshd does: the kernel hangs the session up
        with contextlib.suppress(asyncssh.Error, OSError):
            process.exit(await asyncio.to_thread(child.wait, DEADLINE))

    def _start(self, terminal: int, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(
            [sys.executable, "-ISc", LAUNCH, "controlling", *self._command],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env=environ,
            cwd=self._cwd,
            start_new_session=True,
        )
        self.started.append(child)
        self.has_started.set()
        return child

    async def _carry_output(
        self, process: asyncssh.SSHServerProcess[bytes], controller: int
    ) -> None:
        while piece := await _read(controller):
            process.stdout.write(piece)
            await process.stdout.drain()

    async def _carry_typing(
        self, process: asyncssh.SSHServerProcess[bytes], controller: int
    ) -> None:
        while True:
            try:
                piece = await process.stdin.read(_PIECE)
            except asyncssh.TerminalSizeChanged as change:
                _set_size(controller, change.width, change.height)
                continue
            except (asyncssh.Error, OSError):
                return
            if not piece:
                return
            with contextlib.suppress(OSError):
                os.write(controller, piece)


async def _read(descriptor: int) -> bytes:
    """What comes next out of a pty; nothing at its end."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        await ready.wait()
        return os.read(descriptor, _PIECE)
    except OSError:
        return b""
    finally:
        loop.remove_reader(descriptor)


def _set_size(descriptor: int, columns: int, lines: int) -> None:
    with contextlib.suppress(OSError):
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


class SshTerminal(Terminal):
    """A terminal at the near end of an SSH connection; `process` is the console at the far end."""

    def __init__(
        self,
        environ: Mapping[str, str],
        cwd: Path,
        *arguments: str,
        size: tuple[int, int] = (120, 40),
        delay: float = 0.0,
        asks_for: str | None = None,
        program: Sequence[str] = (KEYCONSOLE,),
        term: str = "xterm-256color",
    ) -> None:
        self._answers = True
        self._look_at(size)
        self.delay = delay
        near, far = socket.socketpair()
        self._controller = near.detach()
        far.setblocking(False)
        self._server = SshServer(environ, cwd, (*program, *arguments))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._status: int | None = None
        self._over = threading.Event()
        self._do(self._connect(far, size, asks_for, term))
        self.process = self._server.started[0]

    def _do(self, work: Coroutine[Any, Any, ResultT]) -> ResultT:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(DEADLINE)

    async def _connect(
        self, far: socket.socket, size: tuple[int, int], asks_for: str | None, term: str
    ) -> None:
        self._listening = await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
            server_factory=_LetsAnyoneIn,
            process_factory=self._server.serve,
            encoding=None,
        )
        self._connection = await asyncssh.connect(
            "127.0.0.1",
            self._listening.get_port(),
            username="operator",
            known_hosts=None,
            client_keys=None,
            config=None,
        )
        self._far = far
        self._session = await self._connection.create_process(
            asks_for, term_type=term, term_size=size, encoding=None
        )
        self._work = [
            asyncio.create_task(self._carry_typing()),
            asyncio.create_task(self._carry_output()),
        ]
        async with asyncio.timeout(DEADLINE):
            await self._server.has_started.wait()

    async def _carry_typing(self) -> None:
        # A window that is closed with something unread in it resets this pair: an end like any.
        with contextlib.suppress(ConnectionResetError):
            while piece := await self._loop.sock_recv(self._far, _PIECE):
                self._later(self._session.stdin.write, piece)

    async def _carry_output(self) -> None:
        with contextlib.suppress(asyncssh.Error, OSError):
            while piece := await self._session.stdout.read(_PIECE):
                if self.delay:
                    await asyncio.sleep(self.delay)
                await self._loop.sock_sendall(self._far, piece)
            await self._session.wait_closed()
        self._status = self._session.exit_status
        self._far.close()
        self._over.set()

    def _later(self, call: Any, *arguments: Any) -> None:
        def make() -> None:
            with contextlib.suppress(asyncssh.Error, OSError):
                call(*arguments)

        self._loop.call_later(self.delay, make)

    @property
    def exit_status(self) -> int | None:
        """What the far end said on leaving."""
        assert self._over.wait(DEADLINE)
        return self._status

    def cut(self) -> None:
        """The line is gone from one moment to the next; neither end says good bye."""

        async def abort() -> None:
            self._connection.abort()
            self._listening.close()

        self._do(abort())

    def _set_size(self, columns: int, lines: int) -> None:
        self._loop.call_soon_threadsafe(
            self._later, self._session.change_terminal_size, columns, lines
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(DEADLINE)
        self._loop.close()

    async def _close(self) -> None:
        self._connection.abort()
        self._listening.close()
        await self._listening.wait_closed()
        for task in (others := asyncio.all_tasks() - {asyncio.current_task()}):
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        self._far.close()


class _LetsAnyoneIn(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return False
