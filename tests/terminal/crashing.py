"""keyconsole with a fault in it: on the page with the value, `p` crashes it, the value at hand.

Run by a test in place of the command. The first argument says where it crashes.
"""

import os
import signal
import sys
from typing import Any

from keyconsole.cli import entrypoint
from keyconsole.cli.terminal import drop_textual_variables

drop_textual_variables()  # as the command does, before it imports what follows

from textual.screen import Screen  # noqa: E402
from textual.widgets import Static  # noqa: E402

from keyconsole.console.screens.key_created import KeyCreatedScreen  # noqa: E402


def boom(value: str) -> None:
    held = {"value": value}  # a local, as a traceback with locals would print it
    raise RuntimeError(f"a fault with {held['value']} in it")


class Broken(Screen[Any]):
    value = ""

    def compose(self) -> Any:
        boom(self.value)
        yield Static()


def crash(screen: KeyCreatedScreen) -> None:
    value = screen.secret.reveal() or ""

    async def work() -> None:
        boom(value)

    match WHERE:
        case "worker":
            screen.console_app.run_change(work)
        case "handler":
            boom(value)
        case "timer":
            screen.set_timer(0.001, lambda: boom(value))
        case "compose":
            Broken.value = value
            screen.app.push_screen(Broken())
        case "abort":
            os.kill(os.getpid(), signal.SIGABRT)


WHERE = sys.argv.pop(1)
KeyCreatedScreen.action_copy_public = crash  # type: ignore[assignment, method-assign]
sys.exit(entrypoint.run(sys.argv[1:]))
