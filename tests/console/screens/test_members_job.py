"""A colleague is added and signs in, from the first screen on."""

import asyncio
import os
import socket
import sys
from pathlib import Path

import uvicorn
from tests.console.desk import Desk, sit_down
from tests.contract.conftest import ReadyServer
from tests.stage import Stage

from keyconsole.console.screens.token_created import TokenCreatedScreen

MOST_KEYS = 12


async def test_a_colleague_holds_a_token_after_a_dozen_keys_and_signs_in_with_it(
    stage: Stage, tmp_path: Path
) -> None:
    async with sit_down(stage) as desk:
        pressed = 0
        for part in ("M", "n", "=zoe@acme.example", "enter", "right", "enter",
                     "plus", "=laptop", "ctrl+s", "v"):  # fmt: skip
            if part.startswith("="):
                await desk.write(part[1:])
            else:
                await desk.press(part)
                pressed += 1
        value = desk.see(TokenCreatedScreen).secret.reveal() or ""
        assert value in desk.text
        assert pressed <= MOST_KEYS

        told = await signed_in(desk, value, tmp_path)

        assert "zoe@acme.example" in told
        assert "local (responder)" in told


async def signed_in(desk: Desk, token: str, home: Path) -> str:
    """What `keyconsole login` says, at the service of the console behind a socket."""
    config = uvicorn.Config(desk.stage.service.app, log_config=None, lifespan="off", ws="none")
    server = ReadyServer(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        await server.ready.wait()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        login = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "keyconsole", "login", url,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"),
                 "XDG_STATE_HOME": str(home / "state")},
        )  # fmt: skip
        out, _ = await login.communicate(f"{token}\n".encode())
        server.should_exit = True
        await serving
    assert login.returncode == 0
    return out.decode()
