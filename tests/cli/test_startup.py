"""What a command loads: a list from a service elsewhere needs no console and no service."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Known
from tests.cli.support import environment

from keyconsole.core.credential import Kind, mint

HEAVY = (
    "textual",
    "rich",
    "sqlalchemy",
    "aiosqlite",
    "sqlite3",
    "alembic",
    "fastapi",
    "starlette",
    "uvicorn",
    "pyperclip",
    "tomlkit",
    "keyring",
    "keyconsole.service",
    "keyconsole.console.app",
)

MOST_BEFORE_THE_FIRST_FRAME = 600
"""Modules, those of Python included: a third of a second is spent on them."""


def loaded_by(home: Path, *arguments: str, **variables: str) -> set[str]:
    code = (
        "import sys; from keyconsole.cli import entrypoint\n"
        f"try:\n    code = entrypoint.run({list(arguments)!r})\n"
        "except SystemExit as end:\n    code = end.code\n"
        "print(code, *sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(home, **variables),
        capture_output=True,
        text=True,
        check=True,
    )
    code_of_exit, *modules = done.stderr.splitlines()[-1].split()
    assert code_of_exit == "0", done.stderr
    return set(modules)


@pytest.mark.parametrize(
    "command",
    [["keys", "list", "--json"], ["keys", "list"], ["integrations", "list"], ["audit", "list"]],
)
def test_a_list_from_elsewhere_loads_nothing_heavy(
    command: list[str], standing: str, known: Known, tmp_path: Path
) -> None:
    loaded = loaded_by(tmp_path, *command, KEYCONSOLE_URL=standing, KEYCONSOLE_TOKEN=known.admin)

    assert loaded & set(HEAVY) == set()
    assert {"httpx", "pydantic", "click"} <= loaded


def test_beyond_httpx_pydantic_and_click_a_list_loads_little(
    standing: str, known: Known, tmp_path: Path
) -> None:
    loaded = loaded_by(
        tmp_path, "keys", "list", "--json", KEYCONSOLE_URL=standing, KEYCONSOLE_TOKEN=known.admin
    )
    bare = subprocess.run(
        [sys.executable, "-c", "import httpx, pydantic, click, sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    beyond = {name.split(".")[0] for name in loaded - set(bare.stdout.split())}
    foreign = {name for name in beyond if name not in sys.stdlib_module_names}
    by_them = {"annotated_types", "anyio", "certifi", "h11", "httpcore", "sniffio"}
    expected = {"keyconsole", "platformdirs", "click", "httpx", "pydantic", *by_them}

    assert {name for name in foreign if not name.startswith("_sysconfig")} <= expected
    assert "keyconsole.core.credentialtext" not in loaded  # no name is long enough for a secret


@pytest.mark.parametrize(
    "command", [["--help"], ["--version"], ["info"], ["profiles"], ["completion", "fish"]]
)
def test_what_asks_nobody_loads_no_http(command: list[str], tmp_path: Path) -> None:
    loaded = loaded_by(tmp_path, *command)

    assert loaded & {*HEAVY, "httpx", "pydantic"} == set()


@pytest.mark.parametrize("command", [["--help"], ["keys", "--help"], ["service", "--help"]])
def test_help_loads_no_command_of_the_list(command: list[str], tmp_path: Path) -> None:
    loaded = loaded_by(tmp_path, *command)

    assert loaded & {"asyncio", "ssl", "subprocess", "keyconsole.cli.session"} == set()
    assert loaded & {"keyconsole.cli.scan", "keyconsole.cli.keys.reading"} == set()


def test_completion_of_commands_loads_none_of_them(tmp_path: Path) -> None:
    variables = {"_KEYCONSOLE_COMPLETE": "bash_complete", "COMP_WORDS": "keyconsole "}

    loaded = loaded_by(tmp_path, COMP_CWORD="1", **variables)

    assert loaded & {"asyncio", "keyconsole.cli.keys", "keyconsole.cli.session"} == set()


def test_the_first_frame_is_drawn_before_anything_else_is_loaded(tmp_path: Path) -> None:
    """The console connects behind its first frame: what is loaded until then keeps it waiting."""
    code = """
import os, sys
from keyconsole.cli import console, entrypoint

async def connected(*_):
    print(*sys.modules, file=sys.stderr, flush=True)
    os._exit(0)

console.open_session = connected
console.require_terminal = lambda: None
console.run_to_end = lambda app, settings: app.run(headless=True)
entrypoint.run([])
"""
    token = mint(Kind.OPERATOR_TOKEN).text
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(
            tmp_path, KEYCONSOLE_URL="https://keys.example.com", KEYCONSOLE_TOKEN=token
        ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    loaded = done.stderr.splitlines()[-1].split()
    heavy = set(HEAVY) - {"textual", "rich", "keyconsole.console.app"}

    assert "textual.app" in loaded
    assert set(loaded) & {*heavy, "httpx", "pydantic", "keyconsole.client.transport"} == set()
    assert len(loaded) <= MOST_BEFORE_THE_FIRST_FRAME
