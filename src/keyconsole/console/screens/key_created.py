"""API Key Created: the only page that ever holds a value, and the only time."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from keyconsole.console import workers
from keyconsole.console.actions import Scope
from keyconsole.console.screens.base import ConsoleScreen
from keyconsole.console.screens.framed import NARROW
from keyconsole.console.secret import OneTimeSecret
from keyconsole.console.styled_text import Run, draw, widest
from keyconsole.console.widgets.chip import Chip
from keyconsole.console.widgets.pinned import Pinned, Scrolled
from keyconsole.console.widgets.secret_value import SecretValue
from keyconsole.console.widgets.static import Static
from keyconsole.core.shortcuts import key_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.timer import Timer
    from textual.widget import Widget

    from keyconsole.wire import CreatedKey, Receipt

KEEP_SECONDS = 300
_ONLY_CHANCE = "Your only chance to see this value."
_KEEPS = (" The service keeps a hash, not the key.", " The service keeps a hash.", "")
_IF_LOST = ("If you lose it, revoke it and generate another.", "If you lose it, revoke it.")
_ADVICE = (
    "Keep it in a secrets manager or an environment variable, never in source control. "
    "One key per environment.",
    "Keep it in a secrets manager, never in source control.",
)
LOCAL_SERVICE = "http://127.0.0.1:8321"


class KeyCreatedScreen(ConsoleScreen):
    """Holds the secret until it is left, or five minutes after it was copied, shown or saved.

    Nothing discards it unasked: not a key, not a resize, not a signal's first second.
    """

    SCOPES = (Scope.CREATED,)
    POLLS: ClassVar[bool] = False
    AUTO_FOCUS: ClassVar[str] = ""
    TITLE_WORDS: ClassVar[str] = "API Key Created"
    DONE_NOTE: ClassVar[str] = "↵ back to API Keys"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+z", "mask", show=False)]

    def __init__(self, created: CreatedKey) -> None:
        super().__init__()
        self.key = created.key
        self.secret = OneTimeSecret(created.secret)
        self.value = SecretValue(self.secret)
        self._drop_timer: Timer | None = None

    def path(self) -> Sequence[str]:
        return ["OAuth", self.key.integration_name, self.TITLE_WORDS]

    def whose(self) -> str:
        """What the new key is for, beside its name."""
        return f"  for {self.key.integration_name}"

    def body(self) -> Sequence[Widget]:
        key = self.key
        title, example = self._example()
        return [
            Pinned(
                Scrolled(
                    Static("", id="created-title"),
                    Static("", id="only-chance"),
                    Vertical(
                        self.value,
                        Horizontal(
                            Chip(key_of("copy"), "copy", "copy_secret", primary=True, tone="ink"),
                            Chip(key_of("show"), "show", "show_secret", id="show"),
                            Chip(key_of("save"), "save to a 0600 file", "save_secret"),
                            classes="chips",
                        ),
                        Static("", id="secret-says"),
                        id="block-value",
                    ),
                    Vertical(
                        Static(draw(("Public Key", "dim")), classes="field-title"),
                        Horizontal(
                            Static(draw(key.public_key), id="public-value"),
                            Chip(key_of("copy_public"), "copy", "copy_public"),
                            Static(draw(("safe to share", "dim")), id="public-note"),
                            classes="chips",
                        ),
                        id="block-public",
                    ),
                    Vertical(
                        Static(draw(*title), classes="field-title"),
                        Static(draw(example), id="curl"),
                        Static("", id="advice"),
                        id="block-advice",
                    ),
                    id="created",
                ),
                Horizontal(
                    Chip("", "Done", "done", primary=True, id="done"),
                    Static(draw((self.DONE_NOTE, "dim")), id="done-note"),
                    Chip(key_of("revoke"), "Revoke this key", "revoke", tone="red", id="revoke"),
                    id="created-end",
                ),
                id="created-room",
            )
        ]

    def _example(self) -> tuple[list[Run], Run]:
        """How the key is tried, and what has to be there for it."""
        if self.console_app.is_demo:
            return [("Try it", "dim")], ("not in the demo: it answers this console alone", "dim")
        title: list[Run] = [("Try it", "dim")]
        if not self.client.base_url:
            title += [("   first start ", "dim"), ("keyconsole service run", "ink")]
        base = self.client.base_url or LOCAL_SERVICE
        address = shlex.quote(f"{base}/v1/forward-auth")
        return title, (f'curl -H "Authorization: Bearer $API_KEY" {address}', "blue")

    def on_mount(self) -> None:
        self.watch(self.app, "app_focus", self._focus_changed)
        self.app.app_resume_signal.subscribe(self, lambda _: self.mask())
        self.redraw()

    # The value on the screen

    def redraw(self) -> None:
        """The warning and the advice, in as many words as there is room for."""
        whose = self.whose() if self.app.size.width >= NARROW else ""
        self.fill(
            "#created-title",
            draw(
                ("✓ ", "green bold"),
                (self.TITLE_WORDS, "ink bold"),
                "    ",
                (self.key.label, "brass"),
                (whose, "dim"),
            ),
        )
        room = self.app.size.width - 14
        keeps, lose = widest(_KEEPS, room - len(_ONLY_CHANCE)), widest(_IF_LOST, room)
        self.fill("#only-chance", draw((_ONLY_CHANCE, "brass bold"), f"{keeps}\n{lose}"))
        self.fill("#advice", draw((widest(_ADVICE, self.app.size.width - 9), "dim")))

    def mask(self) -> None:
        """Cover the value."""
        self.value.mask()

    action_mask = on_screen_suspend = mask

    def on_secret_masked(self) -> None:
        self._draw_verbs()

    def label_of(self, action: str) -> str | None:
        return "mask" if action == "show_secret" and self.secret.is_shown else None

    def _draw_verbs(self) -> None:
        self.query_one("#show", Chip).rename(
            key_of("show"), "mask" if self.secret.is_shown else "show"
        )
        self.update_frame()

    def _says(self, *runs: Run) -> None:
        says = self.query_one("#secret-says", Static)
        says.add_class("-said")
        says.update(draw(*runs))

    def _kept(self, *runs: Run) -> None:
        """It was copied, shown or saved: say what is known, and start the last five minutes."""
        if runs:
            self._says(*runs)
        self.secret.is_kept_elsewhere = True
        if self._drop_timer is None:
            self._drop_timer = self.set_timer(KEEP_SECONDS, self._drop)

    def _drop(self) -> None:
        self.secret.drop()
        self.mask()
        self._says(("Dropped from memory five minutes after it was taken.", "dim"))

    def _focus_changed(self, has_focus: bool) -> None:  # noqa: FBT001 - what a watcher is handed
        if not has_focus:
            self.mask()

    # What the person does

    def disabled_reason(self, action: str) -> str | None:
        if self.secret.is_dropped and action in ("copy_secret", "show_secret", "save_secret"):
            return "The value is gone from here. Revoke the key and generate another."
        return super().disabled_reason(action)

    def action_show_secret(self) -> None:
        if self.secret.is_shown:
            self.mask()
        elif self.value.fits:
            self.value.show()
            self._kept()
            self._draw_verbs()
        else:
            needed = self.value.columns_needed
            self._says(
                (f"Too narrow to show it on one line: {needed} columns are needed. ", "amber"),
                (key_of("copy"), "brass bold"),
                (" copies it, ", "dim"),
                (key_of("save"), "brass bold"),
                (" saves it.", "dim"),
            )

    def action_copy_secret(self) -> None:
        workers.start(self, self._copy_secret, "copy")

    async def _copy_secret(self) -> None:
        if (value := self.secret.reveal()) is not None:
            outcome = await self.console_app.copy_text(value, is_secret=True)
            del value
            said = (f"{outcome.glyph} ", outcome.role), (outcome.sentence.capitalize(), "ink")
            if outcome.sent:
                self._kept(*said)
            else:
                self._says(*said)

    def action_save_secret(self) -> None:
        self.router.save_secret(self.key.label, self.secret, self._saved)

    def _saved(self, what: str | None) -> None:
        if what is not None:
            self._kept(("✓ ", "green"), (f"{what}, readable only by you.", "ink"))

    def action_copy_public(self) -> None:
        workers.start(self, self._copy_public, "copy")

    async def _copy_public(self) -> None:
        outcome = await self.console_app.copy_text(self.key.public_key)
        self.fill(
            "#public-note", draw((f"{outcome.glyph} ", outcome.role), (outcome.sentence, "dim"))
        )

    def action_revoke(self) -> None:
        self.router.revoke(self.key, self._revoked)

    def _revoked(self, receipt: Receipt | None) -> None:
        if receipt is not None:
            self._leave()

    def exit_blocker(self) -> str | None:
        if self.secret.is_dropped or self.secret.is_kept_elsewhere:
            return None
        return "This value was not copied, shown or saved. Leave this page first: ↵ done."

    def exit_warning(self) -> str | None:
        if self.exit_blocker() is None:
            return None
        return (
            f"{self.key.public_key} was made and its value was not taken: revoke it, unless "
            "somebody has it."
        )

    def action_done(self) -> None:
        if self.exit_blocker() is None:
            self._leave()
            return
        self.router.ask(
            "Leave without the value?",
            "You have not copied, shown or saved it, and it is never shown again.",
            [
                ("esc", "keep it here", "stay"),
                ("x", "revoke it", "revoke"),
                ("Q", "leave anyway", "leave"),
            ],
            self._answered,
        )

    def _answered(self, answer: str | None) -> None:
        if answer == "revoke":
            self.action_revoke()
        elif answer == "leave":
            self._leave()

    def _leave(self) -> None:
        self._let_go()
        self.go_on()

    def _let_go(self) -> None:
        """Drop the value, and tell the service that it was received."""
        received = self.secret.is_kept_elsewhere
        self.secret.drop()
        if received:
            self.console_app.run_change(self._acknowledge)

    def go_on(self) -> None:
        """Back to the tab, where the key is now."""
        self.router.key_in_list(self.key)

    def action_rotate(self) -> None:
        """Replace it at once, as after a value that was seen by too many."""
        if self.exit_blocker() is not None:
            self.say(("Copy, show or save the value first, or revoke the key: ", "amber"),
                     (key_of("revoke"), "brass bold"))  # fmt: skip
            return
        self._let_go()
        self.router.rotate(self.key, in_place=True)

    async def _acknowledge(self) -> None:
        """Close the replay window. A failure costs nothing: it closes by itself."""
        from keyconsole.core.errors import KeyconsoleError

        try:
            await self.client.acknowledge(self.key.public_key)
        except KeyconsoleError:
            return
        screen = self.app.screen
        if isinstance(screen, ConsoleScreen):
            screen.reload()
