"""The three lines around every screen: who and where, the crumbs, and the keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol, cast

from textual.widget import Widget

from keyconsole.console.context import context_of
from keyconsole.console.styled_text import Run, draw, shorten, width
from keyconsole.console.widgets.messages import CrumbPicked
from keyconsole.console.widgets.static import Static
from keyconsole.core.shortcuts import key_of

NARROW, WIDE = 80, 110
LONG = 28
"""Cells of a crumb before the last one, where they do not all fit: a name may have a hundred."""

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.content import Content

    from keyconsole.console.actions import Action
    from keyconsole.console.context import ConsoleContext


class Framed(Protocol):
    """The screen around which the frame is drawn."""

    def possible(self) -> Sequence[Action]:
        """Returns what can be done there now."""


class FrameLine(Widget):
    """One line of the frame."""

    @property
    def console_app(self) -> ConsoleContext:
        """The app, as far as the frame may use it."""
        return context_of(self)


class IdentityBar(FrameLine):
    """Profile, workspace and role on the left; the connection on the right."""

    def on_mount(self) -> None:
        for name in ("link", "person", "waiting", "clock_off", "is_clock_doubted"):
            self.watch(self.app, name, self._redraw)

    def _redraw(self) -> None:
        self.set_class(self.console_app.danger, "-danger")
        self.refresh()

    def render(self) -> Content:
        app = self.console_app
        danger = app.danger
        dim = "ink" if danger else "dim"
        name = "ink bold" if danger else "brass bold"
        left: list[Run] = [("⚷ keyconsole", name), ("   ", "")]
        where = [app.profile.upper() if danger else app.profile]
        if app.person is not None:
            workspace = app.person.workspace
            where += [app.person.role] if workspace == app.profile else [workspace, app.person.role]
        right = self._connection()
        room = self.size.width - width(left) - width(right) - 2
        left.append((shorten(" · ".join(where), max(0, room)), dim))
        gap = self.size.width - width(left) - width(right)
        return draw(*left, (" " * max(1, gap), ""), *right)

    def _connection(self) -> list[Run]:
        app = self.console_app
        link = app.link
        quiet, alarm = ("ink", "ink bold") if app.danger else ("dim", "red")
        runs: list[Run] = []
        match link.state:
            case "lost":
                left = (
                    max(0, round((link.retry_at - app.clock()).total_seconds()))
                    if (link.retry_at)
                    else 0
                )
                again = f"retrying in {left} s" if left else "retrying now"
                if self.app.size.width < NARROW:
                    again = f"retry {left} s" if left else "retrying"
                runs = [("○ unreachable", alarm), (f", {again}", quiet)]
            case "signed-out":
                runs = [("✕ signed out", alarm)]
                if self._can_sign_in():
                    runs += [(", ", quiet), (key_of("profiles"), "brass bold")]
            case "connecting":
                runs = [("◌ connecting", quiet)]
            case _ if app.waiting:
                runs = [("◌ waiting for the service", quiet)]
            case _ if link.latency_ms is None:
                runs = [("●", "green")]
            case _:
                runs = [("● ", "green"), (f"{max(1, round(link.latency_ms))} ms", quiet)]
        runs += self._clock()
        if app.is_read_only:
            runs.append(("   read-only", "amber"))
        return runs

    def _clock(self) -> list[Run]:
        app, room = self.console_app, self.size.width
        if app.is_clock_doubted:
            wide = "the service doubts its clock: scheduled revokes wait"
            said = wide if room >= WIDE else "clock doubted"
        elif app.clock_off:
            said = f"clock {app.clock_off}" if room >= NARROW else "clock off"
        else:
            return []
        return [(f"   {said}", "amber")]

    def _can_sign_in(self) -> bool:
        """Returns true if `P` is a shortcut of this screen, and not a letter for a field."""
        return "app.profiles" in {action.name for action in cast("Framed", self.screen).possible()}


class Crumbs(FrameLine):
    """The path of the screen, and a note on the right; a click on a part of the path goes there.

    Of a note that has no room the parts after two spaces go, the last one first.
    """

    def __init__(self) -> None:
        super().__init__()
        self.path: Sequence[str] = ()
        self.note = ""
        self._ends: list[int] = []

    def put(self, path: Sequence[str], note: str) -> None:
        """Show another path and note; draws only when one of them changed."""
        if (path, note) != (self.path, self.note):
            self.path, self.note = path, note
            self.refresh()

    def render(self) -> Content:
        room = self.size.width
        path = list(self.path)
        between = "  ›  " if self._length(path, 5) + len(self.note) + 2 <= room else " › "
        if self._length(path, len(between)) > room:
            path = [*(shorten(crumb, LONG) for crumb in path[:-1]), *path[-1:]]
        while len(path) > 1 and self._length(path, len(between)) > room:
            path = ["…", *path[2:]] if path[0] == "…" else ["…", *path[1:]]
        runs: list[Run] = []
        self._ends = [0] * (len(self.path) - len(path))
        for crumb in path[:-1]:
            runs += [(crumb, "dim"), (between, "faint")]
            self._ends.append(width(runs))
        if path:
            runs.append((shorten(path[-1], max(8, room - width(runs))), "ink bold"))
        note = self.note
        while note and room - width(runs) - len(note) < 2:
            note = note.rpartition("  ")[0]
        gap = room - width(runs) - len(note)
        if gap >= 2:
            runs += [(" " * gap, ""), (note, "dim")]
        return draw(*runs)

    def on_click(self, event: events.Click) -> None:
        place = event.get_content_offset(self)
        if place is not None and place.y == 0:
            found = (depth for depth, end in enumerate(self._ends) if place.x < end)
            if (depth := next(found, None)) is not None:
                self.post_message(CrumbPicked(depth))

    @staticmethod
    def _length(path: Sequence[str], between: int) -> int:
        return width([(crumb, "") for crumb in path]) + between * (len(path) - 1)


class KeyBar(FrameLine):
    """The shortcuts of the screen, the most likely first; a click presses one.

    Where room is short the lightest go first; before one of `HEAVY` goes, they stand closer.
    """

    SEPARATOR: ClassVar[int] = 3
    CLOSE: ClassVar[int] = 2
    HEAVY: ClassVar[int] = 6

    def __init__(self) -> None:
        super().__init__()
        self.shown: Sequence[Action] = ()
        self._spans: list[tuple[int, int, Action]] = []

    def put(self, actions: Sequence[Action]) -> None:
        """Offer these actions."""
        if tuple(actions) != tuple(self.shown):
            self.shown = tuple(actions)
            self.refresh()

    def render(self) -> Content:
        runs: list[Run] = []
        self._spans = []
        position = 0
        fitting, apart = self._that_fit()
        for action in fitting:
            if runs:
                runs.append((" " * apart, ""))
            runs += [(action.sign, "brass bold"), (f" {action.verb}", "dim")]
            size = self._width(action)
            self._spans.append((position, position + size, action))
            position += size + apart
        return draw(*runs)

    def _that_fit(self) -> tuple[list[Action], int]:
        """The actions, in order, without the lightest where not all fit, and how far apart."""
        kept = list(self.shown)
        apart = self.SEPARATOR
        while kept and self._total(kept, apart) > self.size.width:
            lightest = min(reversed(kept), key=lambda action: action.weight)
            if lightest.weight >= self.HEAVY and apart > self.CLOSE:
                apart = self.CLOSE
            else:
                kept.remove(lightest)
        fits_apart = self._total(kept, self.SEPARATOR) <= self.size.width
        return kept, self.SEPARATOR if fits_apart else apart

    def _total(self, actions: Sequence[Action], apart: int) -> int:
        return sum(self._width(action) + apart for action in actions) - apart

    def _width(self, action: Action) -> int:
        return len(action.sign) + 1 + len(action.verb)

    async def on_click(self, event: events.Click) -> None:
        offset = event.x - 1
        focused = self.screen.focused
        # A focused widget with a footer of its own handles the actions of that footer.
        node = self.screen if getattr(focused, "SCOPE", None) is None else focused
        for start, end, action in self._spans:
            if node is not None and start <= offset < end:
                await node.run_action(action.name)


class Notice(Static):
    """One line above the keys where the screen says what happened."""

    def __init__(self) -> None:
        super().__init__("")

    def say(self, *runs: Run | str) -> None:
        """Show a sentence, or nothing."""
        self.set_class(bool(runs), "-said")
        self.update(draw(*runs))


class TooSmall(Static):
    """All there is on a terminal below 60×16."""

    def render(self) -> Content:
        size = self.app.size
        return draw(
            ("keyconsole needs 60×16\n", "brass bold"),
            (f"this terminal is {size.width}×{size.height}\n", "dim"),
            ("make it larger; nothing is lost", "dim"),
        )
