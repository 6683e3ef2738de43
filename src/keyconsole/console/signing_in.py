"""Signing in: the first session, another one by profile, another workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.console.session import Link, Person
from keyconsole.core.errors import (
    KeyconsoleError,
    NotPermittedError,
    ServiceFailedError,
    ServiceUnreachableError,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from keyconsole.console.app_state import StatefulApp
    from keyconsole.console.reconnection import Reconnection
    from keyconsole.console.router import Router
    from keyconsole.console.session import Session
    from keyconsole.wire import Me


class SigningIn:
    """Makes the app's session, and takes another one in its place without leaving the console."""

    def __init__(
        self,
        app: StatefulApp,
        router: Router,
        connection: Reconnection,
        connect: Callable[[], Awaitable[Session]],
    ) -> None:
        self._app, self._router, self._connection = app, router, connection
        self._connect = connect
        self.me: Me | None = None

    async def begin(self) -> bool:
        """Connect for the first time; whether it is done. Ends the app where it cannot be."""
        app = self._app
        try:
            if app.session is None:
                app.session = await self._connect()
            me = await app.session.client.me()
        except (ServiceUnreachableError, ServiceFailedError) as error:
            self._connection.lost(ServiceUnreachableError(error.message))
            return False
        except KeyconsoleError as error:
            app.fail(error)
            return False
        self._take(app.session, me)
        return True

    async def switch(self, opening: Callable[[], Awaitable[Session]]) -> None:
        """Take another session; the one there is stays until the other one has answered.

        The same person at the same service goes on where they were, with all that is typed.
        Anybody else begins at the first screen. Raises what `opening` raises.
        """
        session = await opening()
        try:
            me = await session.client.me()
        except BaseException:
            await _close(session)
            raise
        before, self._app.session = self._app.session, session
        if before is not None and self._goes_on(before, session, me):
            here = self._app.person.workspace_id if self._app.person else None
            self._take(session, me)
            self._app.person = Person.of(me, here)
            self._name_workspace()
            await self._router.signed_in()
        else:
            self._take(session, me)
            await self._router.start_over()
        if before is not None:
            await _close(before)

    def _goes_on(self, before: Session, session: Session, me: Me) -> bool:
        """Returns true if account, service and workspace are those of the session before."""
        here = self._app.person.workspace_id if self._app.person else None
        return (
            self.me is not None
            and self.me.account_id == me.account_id
            and (before.profile, before.client.base_url)
            == (session.profile, session.client.base_url)
            and any(each.workspace_id == here for each in me.memberships)
        )

    async def work_in(self, workspace_id: str) -> None:
        """Look at another workspace of the same service."""
        if self.me is not None:
            self._app.person = Person.of(self.me, workspace_id)
            self._name_workspace()
            await self._router.start_over()

    async def look(self) -> Me:
        """Asks the service who is signed in, and shows a role or workspace that has changed."""
        session = self._app.session
        me = await self._app.client.me()
        if session is self._app.session:
            self._learn(me)
        return me

    def _learn(self, me: Me) -> None:
        app, before = self._app, self._app.person
        self.me = me
        app.compare_clocks(me)
        here = before.workspace_id if before else None
        is_member = here is None or any(each.workspace_id == here for each in me.memberships)
        now = Person.of(me, here) if is_member or before is None else before.removed()
        if now == before:
            return
        app.person = now
        self._update_frames()
        if before is not None and now.role != before.role:
            app.tell(
                (f"Your role in {now.workspace}: {now.role}", "amber bold"),
                (f" (it was {before.role}).", "dim"),
            )

    def _update_frames(self) -> None:
        for screen in self._app.framed:
            screen.update_frame()

    def ended(self, error: NotPermittedError) -> None:
        """The token is not accepted any more: say so, and keep what is on the screen."""
        self._app.link = Link("signed-out", message=error.message)
        self._update_frames()

    def refused(self, error: KeyconsoleError) -> None:
        """Handles a refusal: if the token is the reason, offers to enter another."""
        if not isinstance(error, NotPermittedError) or error.code != "not-signed-in":
            return
        self.ended(error)
        app = self._app
        choices = app.profiles.choices() if app.profiles is not None else ()
        here = next((each for each in choices if each.name == app.profile), None)
        if here is not None:
            self._router.sign_in(here, goes_on=True)

    def _take(self, session: Session, me: Me) -> None:
        app = self._app
        self.me = me
        app.profile, app.danger = session.profile, app.danger_by_flag or session.danger
        app.person = Person.of(me, session.workspace)
        self._name_workspace()
        app.compare_clocks(me)
        self._connection.answered()

    def _name_workspace(self) -> None:
        """Make changes where the person is, with an old token that reaches several workspaces."""
        app, me = self._app, self.me
        here = app.person.workspace_id if app.person else None
        if app.session is None or me is None:
            return
        if me.embedded or len(me.memberships) < 2 or here is None:
            app.session.client.changes_in(None)
            return

        async def choose() -> str:
            return here

        app.session.client.changes_in(choose)


async def _close(session: Session) -> None:
    if session.close is not None:
        await session.close()
