"""Add Integration, and the same form for changing one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.console.routes import Place, Route, above_key
from keyconsole.console.screens.form import FormScreen
from keyconsole.console.widgets.field import Field
from keyconsole.core import durations, safetext
from keyconsole.core.errors import UsageError
from keyconsole.text.integrations import FIELD_NAMES, needs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget
    from textual.widgets import Input

    from keyconsole.wire import Integration


MOST_NAMED = 2
_FIELDS = (
    ("name", "Name", "Salesforce Production", "what people call it"),
    ("provider", "Provider", "salesforce", "whose OAuth it is"),
    ("environment", "Environment", "production", "production, staging, sandbox, …"),
    ("client_id", "Client ID", "3MVG9…", "never the client secret"),
    ("redirect_uri", "Redirect URI", "https://app.example.com/oauth/callback",
     "https, or http to this machine"),
    ("scopes", "Scopes", "api refresh_token", "separated by spaces"),
)  # fmt: skip


class IntegrationForm(FormScreen):
    """Its fields; only the name is needed at once. Dismisses with the integration, or nothing."""

    SAVE = "Save integration"

    def __init__(self, integration: Integration | None = None) -> None:
        super().__init__()
        self.integration = integration

    def path(self) -> Sequence[str]:
        if self.integration is None:
            return ["OAuth", "Integrations", "Add Integration"]
        return ["OAuth", "Integrations", self.integration.name, "Edit"]

    def parents(self) -> Sequence[Route]:
        first = Route(Place.INTEGRATIONS)
        known = [] if self.integration is None else above_key(self.integration.id)[1:2]
        return [first, first, *known]

    def fields(self) -> Sequence[Widget]:
        known = self.integration
        fields = [
            Field(name, title, value=_typed(known, name), placeholder=f"e.g. {example}", hint=hint)
            for name, title, example, hint in _FIELDS
        ]
        return [*fields, *([_policy(known)] if known else [])]

    def beside(self) -> str:
        empty = self._empty()
        if not empty:
            return ""
        if len(empty) > MOST_NAMED:
            return f"a draft: {len(empty)} fields are empty"
        return f"a draft: {needs(empty)}"

    def _empty(self) -> list[str]:
        """Returns the names of the empty fields, which keep the integration a draft."""
        if self.is_mounted:
            return [name for name in FIELD_NAMES if not self.field(name).value.strip()]
        return list(self.integration.missing if self.integration else FIELD_NAMES)

    def on_mount(self) -> None:
        self.field("name").input.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        field = event.input.parent
        if isinstance(field, Field):
            field.says()
        if self.is_mounted:
            self.say_beside()

    def problems(self) -> dict[str, str]:
        found = {}
        for name, title in (
            ("name", "A name"),
            ("provider", "A provider"),
            ("environment", "An environment"),
            ("client_id", "A client ID"),
        ):
            value = self.field(name).value
            if (name == "name" or value.strip()) and (
                problem := safetext.name_problem(value, title)
            ):
                found[name] = problem.message
        if self.integration is not None and self._max_age() == 0:
            found["max_key_age_days"] = "A number of days, such as 90, or nothing."
        return found

    def _max_age(self) -> int | None:
        """The days that are typed; nothing for none, 0 for what is no number of days."""
        typed = self.field("max_key_age_days").value.strip()
        try:
            return durations.count(typed, durations.DAY) if typed else None
        except UsageError:
            return 0

    async def send(self) -> None:
        from keyconsole.wire import IntegrationCreate, IntegrationPatch

        values = {
            name: self.field(name).value.strip() or None
            for name in ("provider", "environment", "client_id", "redirect_uri")
        }
        name = safetext.normalize(self.field("name").value)
        scopes = self.field("scopes").value.replace(",", " ").split()
        if self.integration is None:
            request = IntegrationCreate(
                name=name, scopes=scopes, workspace_id=self.console_app.workspace_id, **values
            )
            saved = await self.client.create_integration(request)
        else:
            patch = IntegrationPatch(
                name=name, scopes=scopes, max_key_age_days=self._max_age(), **values
            )
            saved = await self.client.update_integration(self.integration.id, patch)
        self.dismiss(saved)


def _typed(integration: Integration | None, name: str) -> str:
    value = getattr(integration, name, None) or ""
    return value if isinstance(value, str) else " ".join(value)


def _policy(integration: Integration) -> Field:
    days = integration.max_key_age_days
    return Field(
        "max_key_age_days",
        "Rotate keys every",
        value="" if days is None else str(days),
        placeholder="as the workspace does",
        hint="days; older keys are marked as due",
    )
