"""`service init`: schema, root key file, a workspace, its admin and their operator token."""

from dataclasses import dataclass, field
from pathlib import Path

from keyconsole.core.errors import ConfigurationError
from keyconsole.core.urls import without_password
from keyconsole.local import privatefile
from keyconsole.service.clock import Clock, system_clock
from keyconsole.service.historywatch import sentence
from keyconsole.service.rules.workspaces import found_workspace
from keyconsole.service.runtime import Runtime
from keyconsole.service.settings import ServiceSettings


@dataclass(frozen=True, slots=True)
class InitResult:
    """The result of `initialize`. The token is in here and nowhere else."""

    operator_token: str = field(repr=False)
    account_id: str
    workspace_id: str
    database_url: str
    """The URL without its password."""
    root_key_file: Path


async def initialize(
    settings: ServiceSettings,
    *,
    workspace: str,
    account: str,
    new_token: bool = False,
    clock: Clock = system_clock,
) -> InitResult:
    """Makes what is missing, and a new workspace with an admin.

    If the workspace exists, its admin of this account gets a new token where they have none, or
    where `new_token` asks for another. Raises `ConflictError` (`name-taken`) otherwise, and
    changes nothing then; `InvalidRequestError` for a name or an address that cannot be one;
    `ConfigurationError`.
    """
    try:
        privatefile.make_directory(settings.data_dir, parents=0o777)
    except OSError as error:
        raise ConfigurationError(
            f"The directory {settings.data_dir} cannot be made: {error.strerror}."
        ) from error
    runtime = await Runtime.open(settings, clock)
    try:
        if losses := await runtime.history.look():
            raise ConfigurationError(sentence(losses[0]))
        founded = await found_workspace(runtime, workspace, account, new_token=new_token)
    finally:
        await runtime.aclose()
    return InitResult(
        operator_token=founded.operator_token,
        account_id=founded.account_id,
        workspace_id=founded.workspace_id,
        database_url=without_password(settings.database_url),
        root_key_file=settings.root_key_file,
    )
