"""The console as a screen or a widget knows it: protocols that the app fulfils."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from typing import TextIO

    from textual.content import Content
    from textual.dom import DOMNode
    from textual.screen import Screen

    from keyconsole.client import KeyServiceClient
    from keyconsole.console.routes import Route
    from keyconsole.console.secret import OneTimeSecret
    from keyconsole.console.session import Link, Person, ProfileChoice, Profiles, Session
    from keyconsole.console.terminal.clipboard import Outcome
    from keyconsole.core.errors import KeyconsoleError
    from keyconsole.core.queries.keys import KeyQuery
    from keyconsole.flows.export import Written
    from keyconsole.flows.membership import Removal, Standing
    from keyconsole.flows.unknown_outcome import Unknown
    from keyconsole.wire import (
        CreatedKey,
        CreatedToken,
        Integration,
        Key,
        Me,
        Member,
        Receipt,
        Revocation,
        RevocationRequest,
        Rotation,
    )

    AnswerT = TypeVar("AnswerT")
    Then: TypeAlias = Callable[[AnswerT | None], None] | None
    """A function that takes the answer of a closed screen; `None` where nobody waits for it."""

Answers: TypeAlias = "Sequence[tuple[str, str, str]]"
"""The answers of a question, each a key, a verb and a word. The first one is Escape's."""


class Navigator(Protocol):
    """Every way from one screen to another. Each opens a screen above the one that asks."""

    def go(self, route: Route, *, afresh: bool = False) -> None:
        """Opens the screen of a route; `afresh` with the screens above it and no others."""

    def back(self) -> None:
        """Closes the screen on top, unless it is the first."""

    def ask(
        self,
        title: str,
        text: str,
        answers: Answers,
        then: Then[str] = None,
        *,
        crumb: str = "Leave?",
        role: str = "amber",
    ) -> None:
        """Asks a question with few answers; `then` gets the word of the chosen one."""

    def integration(self, integration: Integration, *, is_new: bool = False) -> None:
        """Opens the keys of an integration, or the overview of a draft; says if it `is_new`."""

    def integration_form(self, integration: Integration | None, then: Then[Integration]) -> None:
        """Opens the form that changes an integration, or adds one."""

    def key(self, key: Key) -> None:
        """Opens the page of a key."""

    def key_in_list(self, key: Key) -> None:
        """Leaves the screen on top for the list with `key`, the cursor on it."""

    def key_use(self, key: Key) -> None:
        """Opens the use of a key over time."""

    def integration_use(self, integration: Integration) -> None:
        """Opens the use of an integration over time."""

    def create_key(self, integration: Integration) -> None:
        """Opens the form that generates a key."""

    async def created(
        self, created: CreatedKey, form: Screen[Any], *, replaces: Key | None = None
    ) -> None:
        """Shows the value in place of the form and of any question above it."""

    def rename(
        self, key: Key, findings: Callable[[int], Sequence[Content]], then: Then[Key]
    ) -> None:
        """Asks for another name; `findings` are the lines of the label audit."""

    def change_expiry(self, key: Key, then: Then[Key]) -> None:
        """Asks when a key expires."""

    def change_addresses(self, key: Key, then: Then[Key]) -> None:
        """Asks from where a key may be used."""

    def change_tags(self, key: Key, then: Then[Key]) -> None:
        """Asks for the tags of a key."""

    def change_owner(self, keys: Sequence[Key], then: Then[list[Key]]) -> None:
        """Asks who answers for keys."""

    def change_scopes(self, key: Key, then: Then[Key]) -> None:
        """Asks for which scopes a key may be used."""

    def change_limits(self, key: Key, then: Then[Key]) -> None:
        """Asks how often a key may be used."""

    def disable(self, key: Key, then: Then[Key], *, reason: str = "unspecified") -> None:
        """Asks whether, and for how long, to disable a key; or to enable it."""

    def revoke(self, key: Key, then: Then[Receipt] = None, *, reason: str = "unspecified") -> None:
        """Asks whether to revoke a key."""

    def select_keys(
        self, integration: Integration | None, query: KeyQuery, then: Then[KeyQuery]
    ) -> None:
        """Asks which keys to revoke."""

    def revoke_many(
        self,
        request: RevocationRequest,
        then: Then[Revocation],
        *,
        reason: str = "unspecified",
    ) -> None:
        """Shows which keys would be revoked, and asks."""

    def pick_kind(self, kind: str | None, then: Then[str]) -> None:
        """Asks for a kind of finding of the label audit; `then` gets the empty one for all."""

    def receipt(self, receipt: Receipt, key: Key, then: Then[Receipt] = None) -> None:
        """Shows the receipt of a key that was revoked just now; without `then`, of an old one."""

    def rotate(self, key: Key, *, in_place: bool = False) -> None:
        """Opens the form that begins a rotation, perhaps in place of the screen on top."""

    def rotation(self, rotation: Rotation, *, in_place: bool = False) -> None:
        """Opens a rotation, perhaps in place of the screen on top."""

    def change_deadline(self, rotation: Rotation, then: Then[Rotation]) -> None:
        """Asks for another deadline of a rotation."""

    def finish_rotation(self, rotation: Rotation, then: Then[Receipt]) -> None:
        """Asks whether to revoke the old key of a rotation."""

    def export(
        self, name: str, write: Callable[[TextIO, bool], Awaitable[Written]], then: Then[str]
    ) -> None:
        """Asks for a path and writes a list there."""

    def save_secret(self, label: str, secret: OneTimeSecret, then: Then[str]) -> None:
        """Asks for a path and writes a value there."""

    def add_member(self, known: Sequence[Member], then: Then[Member]) -> None:
        """Asks whom to add or invite; `known` are those who are members already."""

    def change_role(self, standing: Standing, then: Then[Member]) -> None:
        """Asks for another role of a member."""

    def confirm(self, removal: Removal, then: Then[bool]) -> None:
        """Asks whether to end something for good; `then` gets true once it is done."""

    def create_token(self, member: Member) -> None:
        """Opens the form that makes a token for a member."""

    async def token_created(self, created: CreatedToken, member: Member, form: Screen[Any]) -> None:
        """Shows the value of a token in place of the form and of any question above it."""

    def sign_in(self, profile: ProfileChoice) -> None:
        """Asks for another operator token."""


class Account(Protocol):
    """The account that is signed in, and its workspace."""

    me: Me | None

    async def look(self) -> Me:
        """Asks the service who is signed in; raises what the client raises."""

    async def switch(self, opening: Callable[[], Awaitable[Session]]) -> None:
        """Takes another session; raises what `opening` raises."""

    async def work_in(self, workspace_id: str) -> None:
        """Goes to another workspace of the same service."""


class ConsoleContext(Protocol):
    """The console as its screens and widgets know it."""

    settle_seconds: float
    reveal_seconds: int
    profile: str
    danger: bool
    profiles: Profiles | None
    session: Session | None

    def clock(self) -> datetime:
        """Returns the time by the service's clock, where this machine's is not right."""

    @property
    def link(self) -> Link:
        """The connection."""

    @property
    def person(self) -> Person | None:
        """The signed-in person, once the service has said who that is."""

    @property
    def waiting(self) -> bool:
        """Returns true if an answer takes a noticeable time."""

    @property
    def clock_off(self) -> str:
        """Returns by how much the clock of this machine is wrong, in words; empty if it is not."""

    @property
    def is_clock_doubted(self) -> bool:
        """Returns true if the service doubts its own clock."""

    @property
    def client(self) -> KeyServiceClient:
        """The client of the session; raises `ServiceUnreachableError` without one."""

    @property
    def router(self) -> Navigator:
        """The ways to other screens."""

    @property
    def signing_in(self) -> Account:
        """The account that is signed in, and its workspace."""

    @property
    def workspace_id(self) -> str | None:
        """The open workspace, if there are several."""

    @property
    def is_read_only(self) -> bool:
        """Returns true if nothing may be changed."""

    @property
    def is_demo(self) -> bool:
        """Returns true if the service ends with the console."""

    @property
    def is_left_alone(self) -> bool:
        """Returns true if no key was pressed for a while."""

    @property
    def is_tiny(self) -> bool:
        """Returns true if the terminal is too small to be used."""

    @property
    def acting_since(self) -> float:
        """The time of the key press that takes effect now, in seconds of the event clock."""

    def may(self, permission: str) -> bool:
        """Returns true if the person has a permission in this workspace now."""

    def asking(self) -> AbstractContextManager[None]:
        """Surrounds a request that the person waits for."""

    def run_change(self, change: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Runs a change to its end, whatever screen is shown meanwhile."""

    def send_again(self, outcome: Unknown, change: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Sends a change of unknown outcome again in a moment."""

    def answered(self) -> None:
        """Takes note that the service answered."""

    def failed(self, error: KeyconsoleError) -> None:
        """Takes note of what an error says of the connection and of the sign-in."""

    def unanswered(self, error: KeyconsoleError) -> None:
        """Does the same for what a person asked for, and offers to sign in again."""

    def check_connection(self) -> None:
        """Asks whether the service is there."""

    async def copy_text(self, text: str, *, is_secret: bool = False) -> Outcome:
        """Sends a text to a clipboard; returns what is known of where it went."""

    def forget_what_is_shown(self) -> None:
        """Draws the whole screen again."""


def context_of(node: DOMNode) -> ConsoleContext:
    """Returns the console that `node` belongs to."""
    return cast("ConsoleContext", node.app)
