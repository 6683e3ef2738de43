"""Opens the service that a command talks to, and closes it at the end."""

import asyncio
import functools
import shlex
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from keyconsole.cli.configuration import read_config
from keyconsole.cli.daemon_thread import apart
from keyconsole.cli.lists import write_item
from keyconsole.cli.options import ServiceOptions, json_option, service_options
from keyconsole.cli.prompts import tell
from keyconsole.cli.target import Target, find_target
from keyconsole.core.errors import NotFoundError, NotPermittedError, UsageError, problem
from keyconsole.local.secrets import Source

if TYPE_CHECKING:
    from keyconsole.client import KeyServiceClient

ResultT = TypeVar("ResultT")
Close = Callable[[], Awaitable[None]]
Tell = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Service:
    """A client that is ready to be asked, and the target that it was opened for."""

    client: "KeyServiceClient"
    target: Target

    def require_writing(self) -> None:
        """Raise `NotPermittedError` in read-only mode, before anybody is asked anything."""
        if self.client.read_only:
            raise problem("permission-denied", "This is read-only mode: nothing was sent.")

    async def workspace_id(self, named: str | None = None) -> str | None:
        """Returns `named`, or the id of the workspace that the profile names by id or name."""
        if named is not None or self.target.workspace is None:
            return named
        profile = f", which profile {self.target.profile} names"
        return await self._member_of(self.target.workspace, profile)

    async def one_workspace(self, named: str | None) -> str:
        """Returns the id of the workspace that is named, here or in the profile, or the only one.

        Raises `NotFoundError` for one that the person is not in, `UsageError` where it could be
        several.
        """
        if named is None and (found := await self.workspace_id()) is not None:
            return found
        return await self._member_of(named)

    async def _member_of(self, wanted: str | None, where: str = "") -> str:
        memberships = (await self.client.me()).memberships
        found = [
            each.workspace_id
            for each in memberships
            if wanted in (None, each.workspace_id, each.workspace)
        ]
        known = ", ".join(f"{each.workspace} ({each.workspace_id})" for each in memberships)
        if wanted is not None and not found:
            sentence = f"You are in no workspace {wanted}{where}; you are in: {known or 'none'}."
            raise problem("not-found", sentence)
        if len(found) != 1:
            raise UsageError(
                f"You are in several workspaces: name one with --workspace: {known or 'none'}."
            )
        return found[0]


def ask(options: ServiceOptions, conversation: Callable[[Service], Awaitable[ResultT]]) -> ResultT:
    """Opens the service that the options mean, and returns what `conversation` returns."""
    target = find_target(options, read_config())
    return asyncio.run(converse(target, conversation))


def with_service(function: Callable[..., Awaitable[ResultT]]) -> Callable[..., ResultT]:
    """Makes a command of a coroutine function; it gets the `Service` that the options mean."""

    @service_options()
    @functools.wraps(function)
    def called(*, options: ServiceOptions, **given: Any) -> ResultT:
        return ask(options, lambda service: function(service, **given))

    return called


def shows(
    rows: Callable[[Any], Sequence[Sequence[str]]],
) -> Callable[[Callable[..., Awaitable[Any]]], Callable[..., None]]:
    """Returns a decorator like `with_service` that writes what the function returns.

    It is written as JSON with `--json`, and as `rows` of a title and a value without.
    """

    def decorate(function: Callable[..., Awaitable[Any]]) -> Callable[..., None]:
        @json_option
        @with_service
        @functools.wraps(function)
        async def called(service: Service, *, as_json: bool, **given: Any) -> None:
            found = await function(service, **given)
            write_item(found, rows(found), as_json=as_json)

        return called

    return decorate


async def converse(
    target: Target, conversation: Callable[[Service], Awaitable[ResultT]]
) -> ResultT:
    """Opens the target, calls `conversation` and closes.

    A refused token comes with advice, what is not found with who was asked where others could be.
    """
    client, close = await open_client(target)
    service = Service(client, target)
    if target.url is not None and target.workspace is not None:
        client.changes_in(service.workspace_id)
    try:
        return await conversation(service)
    except NotPermittedError as error:
        if error.code == "not-signed-in" and target.url is not None:
            error.message = f"{error.message} {_advice(target)}"
        raise
    except NotFoundError as error:
        from keyconsole.cli.keys.asking import others_than

        if others := others_than(target):
            asked = f"Asked: {target.profile}; not asked: {', '.join(others)}."
            error.message = f"{error.message} {asked}"
        raise
    finally:
        await close()


async def open_client(target: Target, tell: Tell = tell) -> tuple["KeyServiceClient", Close]:
    """A client for the target and how to close it. Imports in a thread: they take a second.

    An embedded service says to `tell` why its start takes long, from any thread, and why it does
    not rely on its clock.
    """
    if target.url is None:
        return await _embedded(tell, read_only=target.read_only)
    return await _remote(target)


async def _remote(target: Target) -> tuple["KeyServiceClient", Close]:
    client = await apart(lambda: target.sign_in().open())
    return client, client.aclose


async def _embedded(tell: Tell, *, read_only: bool) -> tuple["KeyServiceClient", Close]:
    """The one place, apart from `keyconsole service`, that knows the service."""
    await asyncio.to_thread(_load_embedded)

    from keyconsole.client import KeyServiceClient
    from keyconsole.local.paths import private_data_dir
    from keyconsole.service.embedded import start_embedded
    from keyconsole.service.store import progress

    with progress.heard_by(tell):
        service = await start_embedded(private_data_dir())
    if (reason := service.app.runtime.clock_watch.reason) is not None:
        tell(reason)
    client = KeyServiceClient.embedded(service.app, service.token, read_only=read_only)

    async def close() -> None:
        await client.aclose()
        await service.aclose()

    return client, close


def _load_embedded() -> None:
    import keyconsole.client.keyservice
    import keyconsole.service.embedded  # noqa: F401


def _advice(target: Target) -> str:
    source = target.token_source
    if source in {Source.FILE, Source.KEYRING}:
        words = ("keyconsole", "login", target.url or "", "--profile", target.profile)
        login = shlex.join(words)
        return f"The stored token may be revoked or expired: {login}"
    return f"The token came from {source}; it may be revoked or expired: put another one there."
