"""Starting the console. It connects behind its first frame, so nothing here waits or is heavy."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypedDict

from keyconsole.cli.configuration import last_profile, read_config, remember_profile
from keyconsole.cli.entrypoint import say
from keyconsole.cli.options import ServiceOptions
from keyconsole.cli.prompts import tell
from keyconsole.cli.session import open_client
from keyconsole.cli.settings import console_settings
from keyconsole.cli.target import Target, find_target
from keyconsole.cli.terminal import (
    drop_textual_variables,
    keep_memory_private,
    require_terminal,
)
from keyconsole.console import routes
from keyconsole.console.session import ProfileChoice
from keyconsole.core.errors import ConfigurationError, ExitCode, UsageError
from keyconsole.local import secrets
from keyconsole.local.config import EMBEDDED, Config, ConsoleSettings

if TYPE_CHECKING:
    from keyconsole.console.app import KeyconsoleApp, Session


class Looks(TypedDict):
    """The look and behavior of a console."""

    clipboard: str
    reveal_seconds: int
    theme: str
    glyphs: Sequence[Any]  # line filters of Textual, which is not loaded yet
    keys: Mapping[str, tuple[str, ...]]


def open_console(route: str, options: ServiceOptions) -> int:
    """Run the console at a route until the person leaves; its exit code."""
    routes.parse(route)
    require_terminal()
    config = read_config()
    target = find_target(options, config, last=last_profile(config))
    if target.url is not None and target.signs_in_at_once:
        target.sign_in()  # where there is no token, say so before the screen is taken
    settings, warning, looks = take_terminal(config)

    from keyconsole.console.app import KeyconsoleApp

    async def connect() -> "Session":
        loop = asyncio.get_running_loop()
        return await open_session(
            target, lambda sentence: loop.call_soon_threadsafe(app.say, sentence)
        )

    app = KeyconsoleApp(
        connect,
        route=route,
        read_only=target.read_only,
        profile=target.profile,
        danger=target.danger,
        profiles=ConsoleProfiles(options, target),
        remarks=_remarks(config, warning),
        **looks,
    )
    return run_to_end(app, settings)


def _remarks(config: Config, warning: str | None) -> list[str]:
    """The warnings in a line each, as far as there is room: they stand whole behind the console."""
    said = [*config.warnings, *([warning] if warning else [])]
    return [each.replace(str(config.path), config.path.name) for each in said]


def take_terminal(config: Config) -> tuple[ConsoleSettings, str | None, Looks]:
    """Makes the process ready for a console: its settings, a warning about them, its look.

    From here on no core file is written, and Textual finds no variables of its own.
    """
    settings, warning = console_settings(config)
    if warning is not None:
        say(f"warning: {warning}")
    drop_textual_variables()
    looks = how_it_looks(settings, config.keys)
    keep_memory_private()
    return settings, warning, looks


def how_it_looks(
    settings: ConsoleSettings,
    keys: Mapping[str, tuple[str, ...]],
    environ: Mapping[str, str] = os.environ,
) -> Looks:
    """Returns the look of a console for these settings and this terminal."""
    from keyconsole.console import theme
    from keyconsole.console.terminal.ascii_glyphs import AsciiGlyphs, speaks_utf8

    return {
        "clipboard": settings.clipboard,
        "reveal_seconds": settings.reveal_seconds,
        "theme": theme.fitting(settings.theme, environ),
        "glyphs": () if speaks_utf8(environ) else (AsciiGlyphs(),),
        "keys": keys,
    }


def run_to_end(app: "KeyconsoleApp", settings: ConsoleSettings) -> int:
    """Run a console until it ends; say why, where it could not go on, and answer the exit code."""
    app.run(mouse=wants_mouse(settings.mouse, os.environ))
    if app.failure is None:
        return app.return_code or ExitCode.DONE
    say(app.failure.message)
    return app.return_code or app.failure.exit_code


def wants_mouse(setting: str, environ: Mapping[str, str]) -> bool:
    """Returns whether the console takes the mouse: with `auto` not over SSH, to select text."""
    if setting != "auto":
        return setting == "on"
    return not any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY"))


class ConsoleProfiles:
    """The profiles of the configuration, as the console switches between them.

    The token file and the address of the first one are not carried over to another. Where no
    profile stands behind the one it was `started` on, that is a choice too, while this runs.
    """

    def __init__(self, options: ServiceOptions, started: Target | None = None) -> None:
        self._options = options
        self._unnamed = started if started and started.url and not started.stored else None

    def choices(self) -> Sequence[ProfileChoice]:
        """The embedded service, then the profiles by name, then the one that has none."""
        config = read_config()
        named = [
            ProfileChoice(each.name, each.url or "", each.danger, each.read_only, each.fault)
            for name, each in sorted(config.profiles.items())
            if name != EMBEDDED
        ]
        if (here := self._unnamed) is not None:
            named.append(ProfileChoice(here.profile, here.url or "", read_only=here.read_only))
        return [ProfileChoice(EMBEDDED, "this machine"), *named]

    async def open(self, name: str) -> "Session":
        """A session on a profile, with the token that is stored for it."""
        return await open_session(self.target(name))

    async def visit(self, name: str) -> "Session":
        """A session on a profile that is not remembered as the last one.

        Raises `ConfigurationError` for this machine's own service where it was never used.
        """
        from keyconsole.cli.keys import asking

        target = self.target(name)
        if target.url is None and not asking.is_embedded_used():
            raise ConfigurationError("It was never used on this machine.")
        return await open_session(target, is_visit=True)

    async def sign_in(self, name: str, token: str) -> "Session":
        """A session with another token, kept once the service has accepted it.

        It is kept where the profile keeps its own, or, without a profile, while this runs.
        """
        from keyconsole.cli import login

        target = self.target(name)
        if target.url is None:
            raise UsageError(f"{name} is this machine's own service: it needs no token.")
        checked = secrets.checked(token, "What was entered")
        if target.stored is None:
            return await self._sign_in_unnamed(target, checked)
        await login.verify(ServiceOptions(), target.stored, target.url, checked)
        stored = secrets.Stored(checked, secrets.origin(target.url))
        await asyncio.to_thread(
            secrets.store, target.stored.name, stored, keyring=target.stored.keyring
        )
        return await open_session(target)

    async def _sign_in_unnamed(self, target: Target, token: str) -> "Session":
        from keyconsole.cli import login

        again = replace(
            target,
            options=replace(target.options, token_file=None),
            environ={secrets.VARIABLE: token},
        )
        await login.whoami(again.sign_in())
        self._unnamed = again
        return await open_session(again)

    def target(self, name: str) -> Target:
        """Returns the target of a profile, under the flags that the console was started with."""
        if self._unnamed is not None and name == self._unnamed.profile:
            return self._unnamed
        own = ServiceOptions(profile=name, read_only=self._options.read_only)
        return find_target(own, read_config(), environ={})


async def open_session(
    target: Target, tell: Callable[[str], object] = tell, *, is_visit: bool = False
) -> "Session":
    """A client for the target, signed in, and how to close it. Remembers the profile."""
    from keyconsole.console.app import Session

    client, close = await open_client(target, tell)
    if target.stored is not None and not is_visit:
        remember_profile(target.profile)
    return Session(
        client=client,
        profile=target.profile,
        danger=target.danger,
        read_only=target.read_only,
        workspace=target.workspace,
        close=close,
    )
