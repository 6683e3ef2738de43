"""A room of the console: it asks the service, stays fresh, and says what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual.containers import Vertical

from keyconsole.console import workers
from keyconsole.console.routes import Place, Route
from keyconsole.console.screens.framed import Framed
from keyconsole.console.widgets.field import TextInput
from keyconsole.console.widgets.frame import Crumbs, IdentityBar, KeyBar, Notice, TooSmall
from keyconsole.console.widgets.term_filter import TermFilterBar
from keyconsole.core.errors import KeyconsoleError, ServiceUnreachableError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence
    from datetime import datetime
    from typing import TextIO

    from pydantic import BaseModel
    from textual import events
    from textual.app import ComposeResult
    from textual.widget import Widget

    from keyconsole.console.styled_text import Run
    from keyconsole.console.widgets.messages import CrumbPicked, HeadPicked
    from keyconsole.wire import Key, Page

AnswerT = TypeVar("AnswerT")
RowT = TypeVar("RowT", bound="BaseModel")

POLL_SECONDS = 5.0
IDLE_POLLS = 6


class ConsoleScreen(Framed):
    """A room of the house: frame around it, one block of content, kept fresh by itself."""

    POLLS: ClassVar[bool] = True

    fetched_at: datetime | None = None
    _tells_loss = False
    _is_fresh = True
    _polls = 0
    _questions = 0

    def compose(self) -> ComposeResult:
        yield IdentityBar()
        yield Crumbs()
        with Vertical(id="body"):
            yield from self.body()
        yield Notice()
        yield KeyBar()
        yield TooSmall()

    def body(self) -> Sequence[Widget]:
        """The widgets between crumbs and keys."""
        raise NotImplementedError

    async def fetch(self) -> None:
        """Ask the service for what this screen shows, and show it."""

    def on_mount(self) -> None:
        self.update_frame()
        self.set_interval(POLL_SECONDS, self.poll if self.POLLS else self.look)

    def poll(self) -> None:
        """Ask again by itself, while this screen is looked at and the service answers.

        A console that nobody touches asks less often: it stands open on a bastion all day. A
        question that takes longer than the time between two is not asked anew in the midst of it.
        """
        if self._questions:
            return
        self._polls += 1
        if self.console_app.is_left_alone and self._polls % IDLE_POLLS:
            return
        if self.is_current and self.console_app.link.state == "ok":
            self._reload_with(self._poll)

    async def _poll(self) -> None:
        """Refreshes the person and their permissions, then the screen: the frame is drawn once."""

        async def question() -> None:
            await self.console_app.signing_in.look()
            await self._fetch()

        await self.ask(question)

    def reload(self) -> None:
        """Ask for what is shown, behind what is on the screen."""
        self._reload_with(self._reload)

    def _reload_with(self, reload: Callable[[], Coroutine[Any, Any, None]]) -> None:
        # A screen that asks nothing got no answer either: the connection is what it was.
        asks = type(self).fetch is not ConsoleScreen.fetch
        if asks and self.console_app.session is not None:
            workers.start(self, reload, "reload", exclusive=True)

    async def _fetch(self) -> None:
        self._questions += 1
        try:
            await self.fetch()
        except KeyconsoleError:
            self._is_fresh = False
            raise
        finally:
            self._questions -= 1
        self._is_fresh = True
        self.fetched_at = self.console_app.clock()

    @property
    def is_current_truth(self) -> bool:
        """True if the screen shows the answer to the last poll."""
        return self._is_fresh and self.console_app.link.state == "ok"

    def freshness(self) -> str:
        """Returns the age of what is shown, in words."""
        if self.fetched_at is None:
            return ""
        if not self.is_current_truth:
            return f"as of {self.fetched_at.astimezone():%H:%M:%S}"
        return "updated now"

    async def _reload(self) -> None:
        with self.console_app.asking():
            await self.ask(self._fetch)

    async def ask(self, question: Callable[[], Awaitable[AnswerT]]) -> AnswerT | None:
        """The answer, or nothing after the screen has said why there is none."""
        try:
            answer = await question()
        except KeyconsoleError as error:
            self.console_app.failed(error)
            if not isinstance(error, ServiceUnreachableError):
                self.refused(error)
        else:
            self.console_app.answered()
            self.update_frame()
            return answer
        self.update_frame()
        return None

    def refused(self, error: KeyconsoleError) -> None:
        """Say in a sentence what the service, or whatever answered, said no to."""
        self.say((f"✕ {error.message}", "red"))

    def say(self, *runs: Run | str) -> None:
        self._tells_loss = False
        super().say(*runs)

    def write(self, change: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Send a change. It is the app's work: leaving the screen does not cancel it."""
        self.console_app.run_change(change)

    def lost(self, message: str) -> None:
        """Say why there is no answer, until there is one."""
        self.say((f"✕ {message}", "amber"))
        self._tells_loss = True

    def reconnected(self) -> None:
        """The service answers again, after it was lost."""
        if self._tells_loss:
            self.say()
        self.update_frame()

    def on_descendant_focus(self) -> None:
        self.update_frame()

    def on_descendant_blur(self) -> None:
        self.update_frame()

    def connected(self) -> None:
        """The session is there, or back."""
        self.update_frame()
        self.reload()

    @property
    def has_rows(self) -> bool:
        """True if the list of this screen has something to save."""
        return True

    def disabled_reason(self, action: str) -> str | None:
        if action == "save_list" and not self.has_rows:
            return "There is nothing to save."
        return super().disabled_reason(action)

    def save_list(self, name: str, page: Callable[[str | None], Awaitable[Page[Any]]]) -> None:
        """Offers to write all pages of a list into a new file, one of `export_files.FILES`."""
        from keyconsole.client.pages import pages
        from keyconsole.flows import export
        from keyconsole.text.export_files import FILES

        async def write(stream: TextIO, as_csv: bool) -> export.Written:  # noqa: FBT001
            found = pages(lambda cursor, _: page(cursor))
            return await export.write(FILES[name], found, stream, as_csv=as_csv)

        wrong = next((bar for bar in self.query(TermFilterBar) if bar.is_wrong), None)
        if wrong is None:
            self.router.export(name, write, self._saved)
        else:
            wrong.open()
            self.say(("Nothing was saved: put the filter right, or clear it.", "amber"))

    def _saved(self, told: str | None) -> None:
        if told:
            self.say(("✓ ", "green"), (told, "dim"))

    async def show_receipt(self, key: Key) -> None:
        """Show the receipt of a revoked key again."""
        from keyconsole.client.receipts import read_receipt

        receipt = await self.ask(lambda: read_receipt(self.client, key.public_key))
        if receipt is not None:
            self.router.receipt(receipt, key)

    def action_refresh(self) -> None:
        self.console_app.forget_what_is_shown()
        self.refresh(layout=True)
        self.say()
        self.reload()

    def action_back(self) -> None:
        self.router.back()

    def parents(self) -> Sequence[Route]:
        """Returns the screens that the parts of the path name, as far as they are screens."""
        return [Route(Place.INTEGRATIONS)]

    def on_crumb_picked(self, event: CrumbPicked) -> None:
        if event.depth < len(parents := self.parents()):
            self.router.go(parents[event.depth], afresh=True)

    def sort_by(self, column: str) -> bool:  # noqa: ARG002
        """Sorts the list by a column, or the other way round; false if it cannot be."""
        return False

    def on_head_picked(self, event: HeadPicked) -> None:
        if not self.sort_by(event.name):
            self.say(("The list cannot be in the order of this column.", "dim"))

    def on_screen_suspend(self) -> None:
        """Clears the message, which is about what was done before the screen was left."""
        if not self._tells_loss:
            self.say()

    def home(self) -> Widget | None:
        """Returns what has the focus when a person comes back from another screen."""
        return None

    def on_screen_resume(self, event: events.ScreenResume) -> None:  # noqa: ARG002
        # The first time, too: it comes after the mount. Not the button that led away has the focus:
        # Enter would lead there again.
        home = self.home()
        if home is not None and not isinstance(self.focused, TextInput):
            home.focus()
        self.update_frame()
        self.reload()
