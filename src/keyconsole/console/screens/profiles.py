"""`P`: another service, another workspace, or the same one with another token."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from keyconsole.console import workers
from keyconsole.console.actions import Scope
from keyconsole.console.screens.pick import PickDialog
from keyconsole.console.styled_text import Run, fit
from keyconsole.core.errors import KeyconsoleError, ServiceUnreachableError
from keyconsole.core.shortcuts import key_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keyconsole.console.session import ProfileChoice, Profiles
    from keyconsole.console.styled_text import Line


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the list: a profile, or a workspace of the one that is open."""

    title: str
    note: str
    profile: ProfileChoice | None = None
    workspace_id: str | None = None
    is_here: bool = False


class ProfilesDialog(PickDialog):
    """Lists where one can be; what is open stays until the other service has answered."""

    SCOPES = (Scope.PROFILES,)
    CRUMB = "Profiles"
    HEADING = "Where to?"

    def __init__(self, profiles: Profiles) -> None:
        super().__init__()
        self.profiles = profiles
        self.places: list[Place] = []
        self.switching = False

    def on_mount(self) -> None:
        self.places = list(self._places())
        here = [index for index, place in enumerate(self.places) if place.is_here]
        self.cursor = here[0] if here else 0
        self.redraw()

    def _places(self) -> Sequence[Place]:
        app = self.console_app
        me = app.signing_in.me
        places = []
        for choice in self.profiles.choices():
            is_open = choice.name == app.profile
            marks = [
                word
                for word, holds in (("PRODUCTION", choice.danger), ("read-only", choice.read_only))
                if holds
            ]
            note = choice.fault or "  ".join([choice.url, *marks])
            places.append(Place(choice.name, note, profile=choice, is_here=is_open))
            if is_open and me is not None and len(me.memberships) > 1:
                here = app.person.workspace_id if app.person else None
                places += [
                    Place(
                        f"  {each.workspace}",
                        f"workspace, {each.role}",
                        workspace_id=each.workspace_id,
                        is_here=each.workspace_id == here,
                    )
                    for each in me.memberships
                ]
        return places

    def lines(self, room: int) -> Sequence[Line]:
        return [self._line(index, place, room) for index, place in enumerate(self.places)]

    def _line(self, index: int, place: Place, room: int) -> Line:
        role = "ink bold" if index == self.cursor else "ink"
        here: Run = ("● ", "green") if place.is_here else ("  ", "")
        danger = place.profile is not None and place.profile.danger
        title = fit([here, (place.title, "red bold" if danger else role)], min(30, room // 2))
        tone = "amber" if place.profile is not None and place.profile.fault else "dim"
        return [*title, ("  ", ""), (place.note, tone)]

    def disabled_reason(self, action: str) -> str | None:
        profile = self.places[self.cursor].profile if self.places else None
        takes_token = profile is not None and profile.name != "local"
        return "" if action == "sign_in" and not takes_token else None

    def action_take(self) -> None:
        if self.switching or not self.places:
            return
        place = self.places[self.cursor]
        if place.workspace_id is not None:
            self.dismiss(None)
            workers.start(
                self.app, partial(self.console_app.signing_in.work_in, place.workspace_id), "switch"
            )
        elif place.profile is not None:
            self.switching = True
            self._says(("Signing in…", "dim"))
            workers.start(self.app, partial(self._switch, place.profile.name), "switch")

    async def _switch(self, name: str) -> None:
        try:
            await self.console_app.signing_in.switch(partial(self.profiles.open, name))
        except ServiceUnreachableError as error:
            self._says((f"✕ {error.message}", "red"))
        except KeyconsoleError as error:
            self._says(
                (f"✕ {error.message} ", "red"),
                (key_of("new"), "brass bold"),
                (" enters a token.", "dim"),
            )
        finally:
            self.switching = False

    def action_sign_in(self) -> None:
        place = self.places[self.cursor] if self.places else None
        if place is not None and place.profile is not None:
            self.router.sign_in(place.profile)

    def action_close(self) -> None:
        if not self.switching:
            self.dismiss(None)
