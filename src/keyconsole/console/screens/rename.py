"""Change a key's label; where someone else changed it meanwhile, both are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from keyconsole.console import workers
from keyconsole.console.naming import advice, hint
from keyconsole.console.screens.change_dialog import FieldDialog
from keyconsole.console.screens.framed import LOW
from keyconsole.console.styled_text import draw, stack
from keyconsole.console.widgets.blast import SOURCES, use_of
from keyconsole.console.widgets.field import Field
from keyconsole.console.widgets.static import Static
from keyconsole.core import safetext
from keyconsole.core.errors import KeyconsoleError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.content import Content
    from textual.widget import Widget

    from keyconsole.wire import Integration, Key, Usage, WorkspaceSettings

    Findings = Callable[[int], Sequence[Content]]


def nothing_found(_room: int) -> Sequence[Content]:
    """The findings about a key of which none are known."""
    return []


class RenameDialog(FieldDialog):
    """`findings` are the lines of what the label audit found about the key, for so many cells."""

    CRUMB = "Rename"
    FIELD = "label"
    VERBS: ClassVar = {"cancel": "keep it"}

    def __init__(self, key: Key, findings: Findings = nothing_found) -> None:
        super().__init__(key)
        self.findings = findings
        self.integration: Integration | None = None
        self.policy: WorkspaceSettings | None = None
        self.usage: Usage | None = None
        self.no_usage = ""
        self.others: list[Key] | None = None

    def box(self) -> Sequence[Widget]:
        return [
            Static(draw(("Rename this key   ", "brass bold"), (self.key.public_key, "dim"))),
            Static("", id="rename-where"),
            Static("", id="rename-use"),
            Field(
                "label",
                "API Key Name",
                value=self.key.label,
                advice=advice(None, None),
                is_only=True,
            ),
            self.end("save"),
        ]

    def on_mount(self) -> None:
        self.redraw()
        workers.start(self, self._look_up_use, "use")
        workers.start(self, self._look_around, "around")

    async def _look_up_use(self) -> None:
        """Shows who uses the key: that says what it is for."""
        try:
            self.usage = await self.client.usage(self.key.public_key)
        except KeyconsoleError as error:
            self.no_usage = error.message
        self.redraw()

    async def _look_around(self) -> None:
        """Fetches the integration of the key, the names beside it and the policy, for the hints."""
        try:
            self.integration = await self.client.integration(self.key.integration_id)
            page = await self.client.keys(integration=self.key.integration_id, limit=500)
            workspace = await self.client.workspaces.show(self.integration.workspace_id)
        except KeyconsoleError:
            return  # no hint: the name can be changed all the same
        self.policy = workspace.settings
        self.field.advice = advice(self.integration, self.policy)
        self.others = [key for key in page.items if key.public_key != self.key.public_key]
        self.redraw()
        if not self.sending:
            self._judge()

    def redraw(self) -> None:
        environment = self.integration.environment if self.integration else None
        where = draw((self.key.integration_name, "ink"), (f"   {environment or ''}", "dim"))
        self.fill("#rename-where", stack([where, *self.findings(self.room)]))
        use = draw((self.no_usage or "looking who uses it…", "dim"))
        if self.usage is not None:
            most = 1 if self.app.size.height < LOW else SOURCES
            use = use_of(self.usage, self.key, self.console_app.clock(), self.room, most)
        self.fill("#rename-use", stack([use, draw()]))

    def on_input_changed(self) -> None:
        self._judge()

    def _judge(self) -> None:
        """Say at the field what is wrong with the name, or hint at what could be better."""
        label = self.field.value
        if problem := safetext.name_problem(label, "A name"):
            self.field.wrong(problem.message)
        elif self.others is None:
            self.field.says()
        else:
            self.field.says(hint(label, self.integration, self.others, self.policy))

    def action_save(self) -> None:
        label = self.field.value
        if problem := safetext.name_problem(label, "A name"):
            self.field.wrong(problem.message)
            return
        if safetext.normalize(label) == self.key.label:
            self.dismiss(None)
            return
        changed = safetext.normalize(label)
        self.change(
            lambda: self.client.rename_key(self.key.public_key, changed, version=self.version)
        )

    def changed_meanwhile(self, now: Key) -> str:
        return f"it is now “{now.label}”"
