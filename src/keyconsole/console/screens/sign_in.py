"""Sign in with an operator token: checked with the service before it is kept."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from keyconsole.console.actions import Scope
from keyconsole.console.screens.dialog import DialogScreen
from keyconsole.console.styled_text import draw
from keyconsole.console.widgets.field import Field
from keyconsole.console.widgets.static import Static
from keyconsole.core.errors import KeyconsoleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.widget import Widget

    from keyconsole.console.session import ProfileChoice, Profiles


GOES_ON = (
    "\nYour operator token is not accepted any more: it was revoked or has expired. "
    "Enter another one, and go on where you are; nothing that you typed is lost.\n"
)


class SignInDialog(DialogScreen):
    """The token is drawn as dots, taken out of the field when it is sent, and kept nowhere else."""

    SCOPES = (Scope.FIELD,)
    CRUMB = "Sign in"
    VERBS: ClassVar = {"save": "sign in"}

    def __init__(
        self, profiles: Profiles, profile: ProfileChoice, *, goes_on: bool = False
    ) -> None:
        """`goes_on` says that it stands over what a person was doing, which stays as it is."""
        super().__init__()
        self.profiles, self.profile, self.goes_on = profiles, profile, goes_on
        self.sending = False

    def box(self) -> Sequence[Widget]:
        return [
            Static(
                draw(
                    (f"Sign in to {self.profile.name}   ", "brass bold"), (self.profile.url, "dim")
                )
            ),
            Static(draw((GOES_ON if self.goes_on else "", "dim"))),
            Field(
                "token",
                "Operator token",
                placeholder="kco_…",
                advice="paste or type it",
                is_only=True,
            ),
            self.end("sign in"),
        ]

    @property
    def field(self) -> Field:
        """The one field."""
        return self.query_one("#field-token", Field)

    def on_mount(self) -> None:
        self.field.input.password = True
        self.field.input.focus()

    def action_save(self) -> None:
        token = self.field.value.strip()
        if self.sending or not token:
            return
        self.field.input.value = ""
        self.sending = True
        self.field.says(("signing in…", "dim"))
        self.console_app.run_change(partial(self._send, token))

    async def _send(self, token: str) -> None:
        try:
            opening = partial(self.profiles.sign_in, self.profile.name, token)
            await self.console_app.signing_in.switch(opening)
        except KeyconsoleError as error:
            if self.is_mounted:
                self.field.wrong(error.message)
        finally:
            self.sending = False
