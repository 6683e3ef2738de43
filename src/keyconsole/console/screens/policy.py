"""The policy of a workspace: how old keys get, what labels name, how a rotation begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from keyconsole.console.screens.form import FormScreen
from keyconsole.console.widgets.field import Choice, Field, form_question
from keyconsole.core import durations
from keyconsole.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from textual.widget import Widget
    from textual.widgets import Input

    from keyconsole.wire import WorkspaceSettings

LABELS = (("no", "are free"), ("yes", "name an environment"))
ENDS = (("no", "asks a person"), ("yes", "revokes it by itself"))
NO_NUMBER = "A whole number, such as 90."
_NUMBERS = {
    "warning_days": durations.DAY,
    "unused_for_days": durations.DAY,
    "rotation_quiet_minutes": durations.MINUTE,
    "rotation_deadline_days": durations.DAY,
}
_OPTIONAL = ("max_key_age_days", "default_expiry_days")
"""Days that may be none."""
_CHOICES = ("label_needs_environment", "rotation_automatic")


class PolicyForm(FormScreen):
    """Its settings, as they are once the service has told them. Dismisses with what was saved."""

    # Before its settings are there, the first that can be chosen is far down.
    AUTO_FOCUS: ClassVar[str] = ""
    SAVE = "Save the policy"

    def __init__(self, name: str, workspace_id: str) -> None:
        super().__init__()
        self.workspace, self.workspace_id = name, workspace_id
        self.known: WorkspaceSettings | None = None

    def path(self) -> Sequence[str]:
        return ["OAuth", self.workspace, "Policy"]

    def fields(self) -> Sequence[Widget]:
        return [
            Field(
                "max_key_age_days",
                "Rotate keys every",
                placeholder="no limit",
                hint="days; no expiry is later",
            ),
            Field(
                "default_expiry_days",
                "New keys expire after",
                placeholder="never",
                hint="days, if nobody says when",
            ),
            Field("warning_days", "Say so", hint="days before a key is due, or expires"),
            Field(
                "unused_for_days",
                "A key is unused after",
                hint="days without a request",
            ),
            form_question("Labels of new keys", LABELS, "label_needs_environment"),
            Field("environments", "What names an environment", hint="words, separated by spaces"),
            Field(
                "rotation_quiet_minutes",
                "A rotation waits for quiet of",
                hint="minutes",
            ),
            Field("rotation_deadline_days", "at the latest for", hint="days"),
            form_question("and then the service", ENDS, "rotation_automatic"),
        ]

    def beside(self) -> str:
        return "for the whole workspace"

    def on_mount(self) -> None:
        for field in self.query(Field):
            field.input.disabled = True

    async def fetch(self) -> None:
        """The settings, once: what is typed afterwards is never written over."""
        if self.known is not None:
            return
        workspace = await self.client.workspaces.show(self.workspace_id)
        self.known = workspace.settings
        for field in self.query(Field):
            field.input.disabled = False
            field.input.value = self._told(str(field.id).removeprefix("field-"))
        for name in _CHOICES:
            self.query_one(f"#{name}", Choice).choose("yes" if getattr(self.known, name) else "no")
        self.untouched = self.typed()
        self.field("max_key_age_days").input.focus()

    def _told(self, name: str) -> str:
        value = getattr(self.known, name)
        if isinstance(value, list):
            return " ".join(value)
        return "" if value is None else str(value)

    def typed(self) -> dict[str, str]:
        return super().typed() | {
            name: self.query_one(f"#{name}", Choice).value for name in _CHOICES
        }

    def on_input_changed(self, event: Input.Changed) -> None:
        field = event.input.parent
        if isinstance(field, Field):
            field.says()

    def problems(self) -> dict[str, str]:
        if self.known is None:
            return {"max_key_age_days": "The policy is still being looked up."}
        found = {
            name: NO_NUMBER
            for name, unit in _NUMBERS.items()
            if _number(self.field(name).value, unit) is None
        }
        for name in _OPTIONAL:
            days = self.field(name).value.strip()
            if days and not _number(days, durations.DAY):
                found[name] = "A number of days, such as 90, or nothing."
        if not self.field("environments").value.split():
            found["environments"] = "At least one word, such as prod."
        return found

    async def send(self) -> None:
        from keyconsole.wire import SettingsPatch

        values: dict[str, Any] = {
            name: _number(self.field(name).value, unit)
            for name, unit in {**dict.fromkeys(_OPTIONAL, durations.DAY), **_NUMBERS}.items()
        }
        values["environments"] = self.field("environments").value.replace(",", " ").split()
        for name in _CHOICES:
            values[name] = self.query_one(f"#{name}", Choice).value == "yes"
        # What somebody else has changed meanwhile stays: only what was changed here is sent.
        changed = {
            name: value for name, value in values.items() if value != getattr(self.known, name)
        }
        patch = SettingsPatch(**changed)
        self.dismiss(await self.client.workspaces.change(self.workspace_id, patch))

    def _field_of(self, name: str) -> Field | None:
        return super()._field_of(name.removeprefix("settings."))


def _number(text: str, unit: timedelta) -> int | None:
    try:
        return durations.count(text, unit, least=0)
    except UsageError:
        return None
