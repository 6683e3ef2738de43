"""A form field: its name, what is typed, and one line for what there is to say about it."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input

from keyconsole.console.styled_text import Run, draw, width
from keyconsole.console.widgets.messages import ChoiceChanged, PasteRefused, PasteTooLong
from keyconsole.console.widgets.static import Static
from keyconsole.core import safetext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.content import Content

MAX_TYPED = 2048
INTRUDER = "▯"
CHOSEN = "▸"


class TextInput(Input):
    """An input that keeps what it is given and draws what could act on a terminal as `▯`.

    A paste goes in whole, line ends and all, and so does what is typed and cannot be seen, so that
    the field can say what is wrong with it instead of dropping a part in silence.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def __init__(self, value: str = "", *, placeholder: str = "", **options: Any) -> None:
        super().__init__(value, placeholder=placeholder, select_on_focus=False, **options)
        self.cursor_blink = False

    @property
    def _value(self) -> Text:
        if self.password:
            return Text("•" * len(self.value), no_wrap=True, overflow="ignore", end="")
        shown = "".join(INTRUDER if safetext.unsafe_character(c) else c for c in self.value)
        return Text(shown, no_wrap=True, overflow="ignore", end="")

    def on_key(self, event: events.Key) -> None:
        character = event.character
        if not character or character.isprintable() or unicodedata.category(character) == "Cc":
            return
        event.stop()
        event.prevent_default()
        self.replace(character, *self.selection)

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        text = event.text.removesuffix("\n").removesuffix("\r")
        if len(text) > MAX_TYPED:
            self.post_message(PasteTooLong(len(text)))
            return
        self.replace(text, *self.selection)


class OnlyInput(TextInput):
    """The one field of a dialog: Enter sends it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "screen.save", show=False)]


class GuardedInput(TextInput):
    """An input that only takes what is typed by hand: a paste is refused."""

    def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.post_message(PasteRefused())

    def action_paste(self) -> None:
        self.post_message(PasteRefused())


class ConfirmInput(GuardedInput):
    """The input of a confirmation; Enter answers the question and goes to no other field."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "screen.confirm", show=False)]


class Field(Vertical):
    """A named input: name and hint above it, below it what there is to say about what is typed.

    With `advice` there is always something, so that nothing moves while one types. Where it
    `is_only`, Enter sends the dialog.
    """

    def __init__(
        self,
        name: str,
        title: str,
        *,
        value: str = "",
        placeholder: str = "",
        hint: str = "",
        advice: str = "",
        is_only: bool = False,
    ) -> None:
        self.title, self.hint, self.advice = title, hint, advice
        self.input = (OnlyInput if is_only else TextInput)(value, placeholder=placeholder)
        super().__init__(
            Static("", classes="field-title"),
            self.input,
            Static(draw((advice, "faint")), classes="field-says"),
            id=f"field-{name}",
            classes="block -said" if advice else "block",
        )

    def on_resize(self) -> None:
        """Name the field; the hint beside it only where it fits whole."""
        runs: list[Run] = [(self.title, "dim"), (f"   {self.hint}", "faint")]
        fits = width(runs) <= self.size.width
        self.query_one(".field-title", Static).update(draw(*runs if fits else runs[:1]))

    @property
    def value(self) -> str:
        """The text that is typed."""
        return self.input.value

    def says(self, *runs: Run) -> None:
        """Show a line below the input, or none."""
        said = runs or ([(self.advice, "faint")] if self.advice else [])
        self.query_one(".field-says", Static).update(draw(*said))
        self.set_class(bool(said), "-said")

    def wrong(self, sentence: str) -> None:
        """Say what is wrong with what is typed."""
        self.says((f"✕ {sentence}", "red"))


def form_row(title: str, field: Widget, *beside: Widget, id: str | None = None) -> Horizontal:  # noqa: A002
    """A field of a dialog with its name beside it, one line."""
    name = Static(draw((title, "dim")), classes="row-title")
    return Horizontal(name, field, *beside, classes="block form-row", id=id)


class Choice(Widget, can_focus=True):
    """One of a few, by the arrow keys: all side by side where they fit, else the chosen one.

    With `unchosen`, a word, nothing is chosen until somebody does. `entered` is the action of
    Enter: where nothing follows, what the dialog says that it does.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,space,l", "step(1)", show=False),
        Binding("left,h", "step(-1)", show=False),
        Binding("enter", "enter", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def __init__(
        self,
        options: Sequence[tuple[str, str]],
        *,
        unchosen: str = "",
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self.options = list(options)
        self.unchosen = unchosen
        self.entered = "app.focus_next"
        self.index = -1 if unchosen else 0

    @property
    def value(self) -> str:
        """The chosen one; empty where there is nothing to choose."""
        return self.options[self.index][0] if self.options and self.index >= 0 else ""

    def choose(self, value: str) -> None:
        """Choose by value."""
        self.index = [option for option, _ in self.options].index(value)
        self.refresh()

    def action_step(self, step: int) -> None:
        if self.options:
            start = self.index if self.index >= 0 else (-1 if step > 0 else 0)
            self.index = (start + step) % len(self.options)
            self.refresh()
            self.post_message(ChoiceChanged(self.id or ""))

    async def action_enter(self) -> None:
        await self.run_action(self.entered)

    def on_click(self, event: events.Click) -> None:
        if not self._fits:
            self.action_step(1)
            return
        start = len(self.unchosen) + 2 if self.index < 0 else 0
        for index, (_, title) in enumerate(self.options):
            if start <= event.x < start + len(title) + 2:
                self.action_step(index - self.index)
                return
            start += len(title) + 3

    @property
    def _fits(self) -> bool:
        return sum(len(title) + 3 for _, title in self.options) <= self.size.width

    def render(self) -> Content:
        if not self.options:
            return draw(("–", "dim"))
        # Told without colour, too: what is chosen by a mark, what has the focus by a line.
        chosen = "ground bold underline on brass" if self.has_focus else "ink bold on row"
        if not self._fits:
            title = self.options[self.index][1] if self.index >= 0 else self.unchosen
            arrows = "brass" if self.has_focus else "faint"
            count = f"  {self.index + 1} of {len(self.options)}" if self.index >= 0 else ""
            return draw((f"{CHOSEN}{title} ", chosen), ("  ‹ ›", arrows), (count, "faint"))
        runs: list[Run] = []
        if self.index < 0:
            runs.append((f"{self.unchosen}  ", "brass" if self.has_focus else "dim"))
        for index, (_, title) in enumerate(self.options):
            is_chosen = index == self.index
            mark, role = (CHOSEN, chosen) if is_chosen else (" ", "dim")
            runs.append((f"{mark}{title} ", role))
            runs.append((" ", ""))
        return draw(*runs)


def form_question(
    title: str, options: Sequence[tuple[str, str]], name: str, *below: Widget
) -> Vertical:
    """A choice of a form with its name above it, and whatever there is to say below."""
    return Vertical(
        Static(draw((title, "dim")), classes="field-title"),
        Choice(options, id=name),
        *below,
        classes="block form-question",
    )
