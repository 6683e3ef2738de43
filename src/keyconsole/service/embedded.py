"""The service inside the console's own process: no port, no password, no bypass.

Signing in is an operator token made in memory for the person's own account; it takes the same
way through parse, look-up and comparison as a stored one, and is gone with the process.
"""

import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from keyconsole.core.errors import ConfigurationError
from keyconsole.local import privatefile
from keyconsole.service.app import ServiceApp, create_app
from keyconsole.service.clock import Clock, system_clock
from keyconsole.service.rules.principals import make_token
from keyconsole.service.rules.workspaces import ensure_workspace
from keyconsole.service.settings import ServiceSettings
from keyconsole.service.store.engine import StoreDistrustedError
from keyconsole.service.store.members import LOCAL

WORKSPACE = "local"


@dataclass(frozen=True, slots=True)
class EmbeddedService:
    """A started service. `app` is an ASGI callable; `token` signs its person in."""

    app: ServiceApp
    token: str = field(repr=False)
    data_dir: Path
    workspace: str = WORKSPACE

    @property
    def database_path(self) -> Path:
        """The file, where the database is one; raises `ConfigurationError` for another."""
        return self.app.runtime.settings.database_path

    async def aclose(self) -> None:
        """Writes what was counted and closes every connection."""
        await self.app.aclose()


async def start_embedded(
    data_dir: Path,
    *,
    account: str | None = None,
    workspace: str = WORKSPACE,
    clock: Clock = system_clock,
    environ: Mapping[str, str] = os.environ,
) -> EmbeddedService:
    """Starts the service on a directory, which is made with everything in it if it is missing.

    `account` is the person's email address; without one it is `user@localhost`. Raises
    `ConfigurationError` with a sentence that says what to do.
    """
    _make_private(data_dir)
    settings = ServiceSettings.from_environment(data_dir, environ=environ)
    # A person alone with their own process.
    settings = replace(settings, rate_limits=False)
    app = create_app(settings, clock=clock, is_personal=True)
    runtime = await app.start()
    try:
        account_id = await ensure_workspace(runtime, workspace, account or f"{_user()}{LOCAL}")
    except BaseException as error:
        await app.aclose()
        if isinstance(error, StoreDistrustedError):
            raise ConfigurationError(error.reason) from error
        raise
    token, pid, record = make_token(runtime.roots.newest, account_id)
    runtime.tokens[pid] = record
    runtime.embedded = True
    return EmbeddedService(app, token, data_dir, workspace)


def _make_private(data_dir: Path) -> None:
    try:
        privatefile.make_directory(data_dir, parents=0o777)
    except OSError as error:
        raise ConfigurationError(
            f"The directory {data_dir} cannot be made: {error.strerror}. Name another one with "
            "KEYCONSOLE_DATA_DIR."
        ) from error


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "user"
