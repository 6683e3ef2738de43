"""The actions on an integration: make keys, edit it, enable and disable it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from keyconsole.console.screens.base import ConsoleScreen
from keyconsole.core.shortcuts import key_of
from keyconsole.text import times
from keyconsole.text.integrations import needs

if TYPE_CHECKING:
    from keyconsole.console.styled_text import Run
    from keyconsole.wire import Integration


class IntegrationActions(ConsoleScreen):
    """Generate, edit, disable and enable. The screen shows what came of it."""

    integration: Integration

    def integration_changed(self) -> None:
        """Show `integration` as it is now."""
        raise NotImplementedError

    def disabled_reason(self, action: str) -> str | None:
        if action == "generate":
            return self.why_not_generate() or None
        return super().disabled_reason(action)

    def why_not_generate(self) -> str:
        """Returns the reason that no key can be generated now, in a sentence; empty if one can."""
        app = self.console_app
        if app.is_read_only:
            return "Read-only: nothing can be changed here."
        if not app.may("keys:create"):
            return "Generating keys needs the permission keys:create."
        if self.integration.status == "draft":
            return f"It {needs(self.integration.missing)} before it can have keys."
        if self.integration.status == "disabled":
            return "This integration is disabled: its keys get 401, and no new ones are made."
        return ""

    def what_would_help(self) -> list[Run]:
        """Returns the key to press that makes generating possible, if there is one."""
        if not self.console_app.may("integrations:write"):
            return []
        if self.integration.status == "draft":
            return [(f"  {key_of('edit')}", "brass bold"), (" completes it.", "dim")]
        if self.integration.status == "disabled":
            return [(f"  {key_of('disable')}", "brass bold"), (" enables it.", "dim")]
        return []

    def action_integration_use(self) -> None:
        self.router.integration_use(self.integration)

    def action_generate(self) -> None:
        self.router.create_key(self.integration)

    def action_edit_integration(self) -> None:
        self.router.integration_form(self.integration, self._edited)

    def _edited(self, integration: Integration | None) -> None:
        if integration is not None:
            self.integration = integration
            self.integration_changed()
            self.say_outcome()

    def say_outcome(self) -> None:
        """Say what was saved: a draft and what it lacks, or configured."""
        if self.integration.missing:
            lacks = needs(self.integration.missing)
            self.say(("◌ Saved as a draft", "amber"), (f": it {lacks}.", "dim"))
        else:
            self.say(("✓ Saved and configured", "green"), (": keys can be generated.", "dim"))

    def action_toggle_integration(self) -> None:
        this = self.integration
        if this.status == "disabled":
            self.write(partial(self._set_status, "configured"))
            return
        live = this.key_counts.live
        keys = f"Its {live} key{'s get' if live != 1 else ' gets'} 401 at once, until you enable it"
        last = "Never used."
        if this.last_used_at is not None:
            last = f"Last used {times.lately(this.last_used_at, self.console_app.clock())}."
        self.router.ask(
            f"Disable {this.name}?",
            f"{keys} again. {last}" if live else "It has no keys in force.",
            [("esc", "keep it on", "stay"), ("D", "disable", "disable")],
            self._disable_answered,
            crumb="Disable",
        )

    def _disable_answered(self, answer: str | None) -> None:
        if answer == "disable":
            self.write(partial(self._set_status, "disabled"))

    async def _set_status(self, status: str) -> None:
        from keyconsole.wire import IntegrationPatch, IntegrationStatus

        patch = IntegrationPatch(status=IntegrationStatus(status))
        changed = await self.ask(lambda: self.client.update_integration(self.integration.id, patch))
        if changed is None:
            return
        self.integration = changed
        self.integration_changed()
        if changed.status == "disabled":
            self.say(
                ("◐ Disabled", "amber"),
                (": its keys get 401. ", "dim"),
                (key_of("disable"), "brass bold"),
                (" enables it again.", "dim"),
            )
        else:
            self.say(("● Enabled", "green"), (": its keys work again.", "dim"))
