"""Create API Key: a name, an expiry, and one button that can be pressed once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical

from keyconsole.console.naming import advice, hint
from keyconsole.console.routes import above_key
from keyconsole.console.screens.form import GenerateForm
from keyconsole.console.styled_text import draw
from keyconsole.console.widgets.deadline import NEVER, ExpiryChoice
from keyconsole.console.widgets.field import Choice, Field
from keyconsole.console.widgets.static import Static
from keyconsole.core import networks, safetext
from keyconsole.core.errors import (
    ConflictError,
    UsageError,
)
from keyconsole.flows.key_creation import Pending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget
    from textual.widgets import Input

    from keyconsole.client import CreateAttempt
    from keyconsole.console.routes import Route
    from keyconsole.core.errors import KeyconsoleError
    from keyconsole.wire import Integration, Key, KeyCreate, WorkspaceSettings


class CreateKeyScreen(GenerateForm["CreateAttempt"]):
    """The form. Without an integration it offers the configured ones to pick from."""

    SAVE = "Save & Generate Key"
    LEFT_BEHIND = "A key may have been made whose value nobody has: it is listed as unconfirmed."

    def __init__(
        self, integration: Integration | None = None, choices: Sequence[Integration] = ()
    ) -> None:
        super().__init__()
        self.integration = integration
        self.choices = {choice.id: choice for choice in choices}
        self.others: list[Key] = []
        self.policy: WorkspaceSettings | None = None
        self.expiry = ExpiryChoice()

    def path(self) -> Sequence[str]:
        where = [self.integration.name] if self.integration else []
        return ["OAuth", *where, "Create API Key"]

    def parents(self) -> Sequence[Route]:
        return above_key(self.integration.id)[:2] if self.integration else super().parents()

    def fields(self) -> Sequence[Widget]:
        picked: list[Widget] = [Static(draw(("Integration", "dim")), classes="field-title")]
        if self.choices:
            options = [(choice.id, choice.name) for choice in self.choices.values()]
            picked.append(Choice(options, id="pick-integration", unchosen="pick one"))
        elif self.integration is not None:
            environment = f"   {self.integration.environment}"
            picked.append(Static(draw((self.integration.name, "ink"), (environment, "dim"))))
        return [
            Vertical(*picked, id="form-integration", classes="block"),
            Field(
                "label",
                "API Key Name",
                placeholder="e.g. api-gateway-prod",
                hint="what it is for; people will look for it by this name",
                advice=advice(self.integration, None),
            ),
            Vertical(
                Static(draw(("Expires", "dim")), classes="field-title"),
                self.expiry,
                Static("", id="expiry-says", classes="field-says"),
                id="form-expiry",
                classes="block",
            ),
            self.expiry.field,
            Field(
                "allowed_ips",
                "Allowed addresses",
                placeholder="any address",
                hint="optional: only from 10.1.0.0/16 192.0.2.7",
            ),
            Field(
                "scopes",
                "Scopes",
                placeholder="all of the integration",
                hint="optional: only some, with blanks between",
            ),
        ]

    def beside(self) -> str:
        return "the value is shown once"

    def on_mount(self) -> None:
        self._say_expiry()
        if self.choices:
            self.query_one("#pick-integration").focus()
        else:
            self.field("label").input.focus()

    async def fetch(self) -> None:
        if self.integration is not None:
            page = await self.client.keys(integration=self.integration.id, limit=500)
            self.others = list(page.items)
            workspace = await self.client.workspaces.show(self.integration.workspace_id)
            self.policy = workspace.settings
            self._suggest_expiry()
            self.field("label").advice = advice(self.integration, self.policy)

    # Actions of the person

    def on_input_changed(self, event: Input.Changed) -> None:
        field = event.input.parent
        if not isinstance(field, Field):
            return
        if field is self.expiry.field:
            self._say_expiry()
        if field.id != "field-label" or not event.value:
            field.says()
        elif problem := safetext.name_problem(event.value, "A name"):
            field.wrong(problem.message)
        else:
            field.says(hint(event.value, self.integration, self.others, self.policy))

    def on_choice_changed(self) -> None:
        if self.choices:
            chosen = self.query_one("#pick-integration", Choice).value
            self.integration = self.choices.get(chosen)
            self.update_frame()
            self.reload()
        self._say_expiry()

    def _suggest_expiry(self) -> None:
        """Choose what the policy says, once, where nobody has chosen anything else."""
        days = self.policy.default_expiry_days if self.policy is not None else None
        if days is not None and self.expiry.suggested is None and self.expiry.value == NEVER:
            self.expiry.suggest(days)
            self.untouched[str(self.expiry.field.id)] = self.expiry.field.value
            self._say_expiry()

    def _say_expiry(self) -> None:
        says = self.expiry.meaning(self.console_app.clock())
        self.fill("#expiry-says", draw(*says))

    def problems(self) -> dict[str, str]:
        found = {}
        if problem := safetext.name_problem(self.field("label").value, "A name"):
            found["label"] = problem.message
        try:
            self.expiry.moment(self.console_app.clock())
        except UsageError as error:
            found["expires_at"] = error.message
        try:
            self._addresses()
        except UsageError as error:
            found["allowed_ips"] = error.message
        return found

    def _addresses(self) -> list[str]:
        return networks.typed(self.field("allowed_ips").value)

    # Answers of the service

    async def send(self) -> None:
        if self.integration is None:
            self.say(("✕ Pick the integration that this key is for.", "red"))
            self.query_one("#pick-integration").focus()
        await super().send()

    def wanted(self) -> Pending[CreateAttempt] | None:
        from keyconsole.client import CreateAttempt

        if self.integration is None:
            return None
        request = self._request()
        if self.pending is not None and self._is_same(self.pending.attempt, request):
            return self.pending
        return Pending(CreateAttempt(self.integration.id, request))

    def _request(self) -> KeyCreate:
        """Returns the request of the form. Its fields must hold no problem."""
        from keyconsole.wire import KeyCreate

        return KeyCreate(
            label=safetext.normalize(self.field("label").value),
            expires_at=self.expiry.moment(self.console_app.clock()),
            allowed_ips=self._addresses() or None,
            scopes=self.field("scopes").value.replace(",", " ").split() or None,
        )

    def _is_same(self, attempt: CreateAttempt, request: KeyCreate) -> bool:
        """Returns true if this is the request that is waiting for its answer.

        An expiry in days moves with the clock, so it is compared to the day.
        """
        before = attempt.request
        days = [moment and moment.date() for moment in (before.expires_at, request.expires_at)]
        return (
            self.integration is not None
            and attempt.integration_id == self.integration.id
            and before.label == request.label
            and before.allowed_ips == request.allowed_ips
            and before.scopes == request.scopes
            and days[0] == days[1]
        )

    def refused(self, error: KeyconsoleError) -> None:
        super().refused(error)
        if isinstance(error, ConflictError) and error.code == "label-taken" and not error.fields:
            self.say()
            self.show_problems({"label": error.message})

    def action_cancel(self) -> None:
        if self.pending is not None and not self.sending:
            self.ask_to_leave(
                "Leave without an answer?",
                "The service may have made this key. If it did, it is listed as unconfirmed: "
                "revoke it there.",
            )
        else:
            super().action_cancel()
