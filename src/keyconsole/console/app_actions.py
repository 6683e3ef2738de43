"""The actions of every screen."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from keyconsole.console import workers
from keyconsole.console.app_state import StatefulApp
from keyconsole.console.router import Router
from keyconsole.console.routes import Place, Route
from keyconsole.console.screens.base import ConsoleScreen
from keyconsole.console.screens.framed import Framed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.actions import ActionParseResult
    from textual.dom import DOMNode

    from keyconsole.console.terminal.clipboard import Outcome
    from keyconsole.wire import Workspace

NOWHERE_ELSE = (
    "The demo is one service of its own. For your profiles leave it and start keyconsole."
)


class AppActions(StatefulApp):
    """The actions of the app."""

    def __init__(self, *, read_only: bool, clipboard: str) -> None:
        super().__init__(read_only=read_only)
        self.router = Router(self)
        self._clipboard_setting = clipboard

    def action_profiles(self) -> None:
        from keyconsole.console.screens.profiles import ProfilesDialog

        if question := self.exit_blocker():
            self.say_above(question)
        elif self.profiles is not None:
            self.push_screen(ProfilesDialog(self.profiles))
        else:
            self.tell((NOWHERE_ELSE, "amber"))

    def action_rotations(self) -> None:
        self.router.go(Route(Place.ROTATIONS))

    def action_report(self) -> None:
        self.router.go(Route(Place.REPORT))

    def action_workspace_use(self) -> None:
        self.router.go(Route(Place.USE))

    def action_members(self) -> None:
        from keyconsole.console.screens.members import MembersScreen

        if self.person and not self.person.sees_members:
            self.say_above("Only admins see members and tokens; your role is in the first line.")
        elif not isinstance(self.screen, MembersScreen):
            self.router.go(Route(Place.MEMBERS))

    def action_identify(self) -> None:
        from keyconsole.console.screens.identify import IdentifyDialog

        self.push_screen(IdentifyDialog())

    def action_attention(self) -> None:
        self.router.go(Route(Place.ATTENTION))

    def action_watch(self) -> None:
        self.router.go(Route(Place.WATCH))

    def action_find(self) -> None:
        from keyconsole.console.screens.find import FindScreen

        if isinstance(self.screen, FindScreen):
            self.screen.action_filter()
        else:
            self.push_screen(FindScreen(self.sought), self._remember)

    def _remember(self, sought: str | None) -> None:
        self.sought = sought or ""

    def action_label_audit(self) -> None:
        from keyconsole.console.screens.label_audit import LabelAuditScreen

        if not isinstance(self.screen, LabelAuditScreen):
            self.push_screen(LabelAuditScreen())

    def action_policy(self) -> None:
        from keyconsole.console.screens.policy import PolicyForm

        person, here = self.person, self.screen
        if not self.may("members:write"):
            self.say_above("Only admins change the policy; keyconsole policy show tells it.")
        elif person and person.workspace_id and isinstance(here, ConsoleScreen):
            form = PolicyForm(person.workspace, person.workspace_id)
            self.push_screen(form, partial(_policy_saved, here))

    def action_audit_log(self) -> None:
        from keyconsole.console.screens.audit import AuditScreen

        if not isinstance(self.screen, AuditScreen):
            self.router.go(Route(Place.AUDIT))

    def action_help(self) -> None:
        from keyconsole.console.screens.help import HelpScreen

        if isinstance(self.screen, Framed):
            self.push_screen(HelpScreen(self.screen.scopes))

    def action_command(self) -> None:
        self._open_command(actions_only=False)

    def action_palette(self) -> None:
        self._open_command(actions_only=True)

    def _open_command(self, *, actions_only: bool) -> None:
        from keyconsole.console.screens.command import CommandScreen

        if isinstance(self.screen, ConsoleScreen):
            self.push_screen(CommandScreen(self.screen, actions_only=actions_only))

    async def action_quit(self) -> None:
        if question := self.exit_blocker():
            self.say_above(question)
        else:
            self.exit()

    def action_interrupt(self) -> None:
        self.say_above(self.exit_blocker() or "Press ^q to quit.")

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Run an action, or say why it can do nothing now."""
        here, name = self.screen, str(action).partition("(")[0]
        if isinstance(here, Framed) and default_namespace is here and here.check_action(name, ()):
            reason = here.disabled_reason(name)
            if reason:
                here.say((reason, "amber"))
            if reason is not None:
                return True
        return await super().run_action(action, default_namespace, namespaces)

    # The selection and the clipboard

    def copy_to_clipboard(self, text: str) -> None:
        """Copies what was selected, and says how much of it went where; nothing for no text.

        Textual would send an empty text too, which clears the clipboard. A credential in it is
        not kept for ctrl+v.
        """
        if not text.strip():
            self.tell(("Nothing is selected: nothing was copied.", "amber"))
            return
        from keyconsole.core import credentialtext

        is_secret = credentialtext.redact(text) != text
        self.keep_clipboard("" if is_secret else text)
        workers.start(self, partial(self._copy, text, is_secret=is_secret), "copy")

    async def _copy(self, text: str, *, is_secret: bool) -> None:
        from keyconsole.console.terminal.clipboard import size_of

        outcome = await self.copy_text(text, is_secret=is_secret)
        self.tell((f"{outcome.glyph} {size_of(text)}: ", outcome.role), (outcome.sentence, "dim"))

    async def copy_text(self, text: str, *, is_secret: bool = False) -> Outcome:
        """Send a text on its way to a clipboard; what is known of where it went."""
        from keyconsole.console.terminal import clipboard

        return await clipboard.copy(text, self, self._clipboard_setting, is_secret=is_secret)


def _policy_saved(screen: ConsoleScreen, saved: Workspace | None) -> None:
    """Say on the screen that the form was opened from what came of it, and show what it means."""
    if saved is not None:
        screen.say(("✓ The policy is saved", "green"), (": it holds from now on.", "dim"))
        screen.reload()
