"""The command line (`:`) and the palette (ctrl+p): a route, a name, a public key, an action."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from keyconsole.console import routes, workers
from keyconsole.console.actions import Scope
from keyconsole.console.screens.dialog import DialogScreen
from keyconsole.console.styled_text import Run, draw, fit, stack
from keyconsole.console.widgets.field import TextInput
from keyconsole.console.widgets.static import Static
from keyconsole.core import safetext
from keyconsole.core.errors import KeyconsoleError, UsageError
from keyconsole.core.queries.keys import KeyQuery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.client import KeyServiceClient
    from keyconsole.console.actions import Action
    from keyconsole.console.screens.base import ConsoleScreen
    from keyconsole.wire import Integration, Key

SHOWN = 8
FETCHED = 50
PEOPLE = 2_000
_VALUE = re.compile(r"kc[sp]_([0-9a-z]{2,16})")


def fragment(typed: str) -> str:
    """Returns the text to search for: of a key value, whole or cut, only the public part."""
    match = _VALUE.match(typed)
    return match[1] if match else typed


def rank(typed: str, key: Key) -> tuple[bool, bool, bool]:
    """Returns the sort key of a found key: exact label, then active, then label that begins so."""
    label, wanted = safetext.skeleton(key.label), safetext.skeleton(typed)
    return label != wanted, key.status != "active", not label.startswith(wanted)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Something to go to or to do: what is drawn, and the route or the action behind it."""

    title: str
    note: str
    route: routes.Route | None = None
    action: Action | None = None


async def everybody(client: KeyServiceClient, workspace: str | None) -> list[Candidate]:
    """Returns members by address, then tokens, the newest first, at most `PEOPLE` of each."""
    from keyconsole.client.pages import pages

    members = partial(client.members.page, workspace=workspace)
    tokens = partial(client.tokens.unrevoked, workspace=workspace)
    found = []
    async for people in pages(lambda at, most: members(cursor=at, limit=most), limit=PEOPLE):
        for member in people.items:
            route = routes.Route(routes.Place.MEMBERS, account=member.account_id)
            found.append(Candidate(member.email, f"member  {member.role}", route))
    async for made in pages(lambda at, most: tokens(cursor=at, limit=most), limit=PEOPLE):
        for token in made.items:
            route = routes.Route(routes.Place.MEMBERS, account=token.account_id, token=token.id)
            note = f"token  of {token.email}  {token.id}"
            found.append(Candidate(token.label or token.id, note, route))
    return found


class CommandScreen(DialogScreen):
    """Completes while one types; Enter takes the one under the cursor."""

    CRUMB = "Go to"
    SCOPES = (Scope.COMMAND,)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", show=False, priority=True),
        Binding("down,ctrl+n", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("tab", "complete", show=False, priority=True),
        Binding("enter", "take", show=False, priority=True),
    ]

    def __init__(self, asked: ConsoleScreen, *, actions_only: bool) -> None:
        super().__init__()
        self.asked = asked
        self.actions_only = actions_only
        self.integrations: Sequence[Integration] = ()
        self.keys: Sequence[Key] = ()
        self.people: Sequence[Candidate] = ()
        self.cursor = 0
        self.candidates: list[Candidate] = []

    def box(self) -> Sequence[Widget]:
        hint = "an action" if self.actions_only else "a route, a name, a public key or an action"
        return [
            TextInput(placeholder=hint, id="command"),
            Static("", id="candidates"),
        ]

    def on_mount(self) -> None:
        self.query_one(TextInput).focus()
        self._match()
        if not self.actions_only:
            workers.start(self, partial(self._load, ""), "names", exclusive=True)
            workers.start(self, self._load_people, "people")

    @property
    def _sees_members(self) -> bool:
        person = self.console_app.person
        return person is not None and person.sees_members

    async def _load_people(self) -> None:
        """Members and tokens, once: `member kofi` and `token laptop` find them."""
        if not self._sees_members:
            return
        try:
            self.people = await everybody(self.client, self.console_app.workspace_id)
        except KeyconsoleError:
            return
        self._match()

    async def _load(self, text: str) -> None:
        try:
            page = await self.client.integrations(
                workspace=self.console_app.workspace_id, limit=500
            )
            self.integrations = page.items
            if len(text) >= 2:
                found = await self.client.keys(KeyQuery(text=fragment(text)), limit=FETCHED)
                self.keys = sorted(found.items, key=partial(rank, text))
        except KeyconsoleError:
            return
        self._match()

    @property
    def typed(self) -> str:
        """The text that is typed, without the leading colon."""
        return self.query_one(TextInput).value.strip().removeprefix(":").strip()

    def on_input_changed(self) -> None:
        self.cursor = 0
        self.keys = ()
        self._match()
        if not self.actions_only and not self.typed.startswith("/"):
            workers.start(self, partial(self._load, self.typed), "names", exclusive=True)

    def _match(self) -> None:
        words = safetext.skeleton(self.typed).split()
        found = [
            candidate
            for candidate in self._all()
            if all(word in safetext.skeleton(candidate.title + candidate.note) for word in words)
        ]
        found += [
            Candidate(
                key.label,
                f"{key.status}  {key.public_key}  key of {key.integration_name}",
                routes.Route(routes.Place.KEY, public_key=key.public_key),
            )
            for key in self.keys
        ]
        self.candidates = found
        self.redraw()

    def _all(self) -> list[Candidate]:
        everything = []
        if not self.actions_only:
            everything = [
                Candidate(
                    item.name,
                    f"integration  /oauth/{item.id}",
                    routes.Route(routes.Place.INTEGRATION, item.id, "api-keys"),
                )
                for item in self.integrations
            ]
            everything += [
                Candidate(text, note, routes.parse(text))
                for text, note in (
                    ("/oauth", "integrations"),
                    ("/api-keys", "keys of every integration"),
                    ("/api-keys/create", "create an API key"),
                    ("/attention", "what needs attention"),
                    ("/audit", "audit log"),
                    ("/refusals", "who presents dead keys"),
                    ("/api-keys/rotations", "rotations under way"),
                    ("/reports", "active keys by integration and age"),
                    ("/use", "use of the workspace over time"),
                    ("/invitations", "workspaces that ask you to join"),
                    *([("/members", "members and tokens")] if self._sees_members else []),
                )
            ]
        offered = [
            action
            for action in self.asked.possible()
            if action.name not in ("app.command", "app.palette", "open", "open_key")
        ]
        everything += [
            Candidate(action.verb, f"{action.sign}  {action.help}", action=action)
            for action in offered
        ]
        return [*everything, *self.people]

    def redraw(self) -> None:
        room = min(84, self.room - 4)
        lines = []
        start = max(0, min(self.cursor - SHOWN + 1, len(self.candidates) - SHOWN))
        for index, candidate in list(enumerate(self.candidates))[start : start + SHOWN]:
            bar: Run = ("▌ ", "brass") if index == self.cursor else ("  ", "")
            role = "ink bold" if index == self.cursor else "ink"
            title = fit([(candidate.title, role)], min(28, room // 2))
            lines.append(draw(bar, *fit([*title, ("  ", ""), (candidate.note, "dim")], room)))
        if hidden := max(0, len(self.candidates) - start - SHOWN):
            lines.append(draw((f"  and {hidden} more; type on", "faint")))
        if not lines:
            lines = [
                draw(
                    ("  nothing by that name; routes start with /oauth, /api-keys or /audit", "dim")
                )
            ]
        self.fill("#candidates", stack(lines))

    def action_move(self, step: int) -> None:
        if self.candidates:
            self.cursor = max(0, min(self.cursor + step, len(self.candidates) - 1))
            self.redraw()

    def action_complete(self) -> None:
        if self.candidates:
            self.query_one(TextInput).value = self.candidates[self.cursor].title
            self.query_one(TextInput).action_end()

    def action_take(self) -> None:
        typed = self.typed
        if typed.startswith("/") or (typed.startswith("kcp_") and not self.candidates):
            try:
                self._go(routes.parse(typed))
            except UsageError as error:
                self.fill("#candidates", draw((f"  {error.message}", "red")))
            return
        if not self.candidates:
            return
        taken = self.candidates[self.cursor]
        if taken.route is not None:
            self._go(taken.route)
        elif taken.action is not None:
            name = taken.action.name
            self.dismiss(None)
            self.asked.call_after_refresh(self.asked.run_action, name)

    def _go(self, route: routes.Route) -> None:
        self.dismiss(None)
        self.router.go(route)

    def action_close(self) -> None:
        self.dismiss(None)
