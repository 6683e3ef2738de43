"""Who is signed in where: the first session, another one by profile, another workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.console.session import Link, Person
from keyconsole.errors import KeyconsoleError, ServiceFailedError, ServiceUnreachableError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from keyconsole.console.app import KeyconsoleApp
    from keyconsole.console.session import Session
    from keyconsole.errors import NotPermittedError
    from keyconsole.wire import Me


class SigningIn:
    """Makes the app's session, and takes another one in its place without leaving the console."""

    def __init__(self, app: KeyconsoleApp, connect: Callable[[], Awaitable[Session]]) -> None:
        self._app = app
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
            app.lost(ServiceUnreachableError(error.message))
            return False
        except KeyconsoleError as error:
            app.fail(error)
            return False
        self._take(app.session, me)
        return True

    async def switch(self, opening: Callable[[], Awaitable[Session]]) -> None:
        """Take another session; the one there is stays until the other one has answered.

        Raises what `opening` raises.
        """
        session = await opening()
        try:
            me = await session.client.me()
        except BaseException:
            await _close(session)
            raise
        before, self._app.session = self._app.session, session
        self._take(session, me)
        await self._app.start_over()
        if before is not None:
            await _close(before)

    async def work_in(self, workspace_id: str) -> None:
        """Look at another workspace of the same service."""
        if self.me is not None:
            self._app.person = Person.of(self.me, workspace_id)
            await self._app.start_over()

    def ended(self, error: NotPermittedError) -> None:
        """The token is not accepted any more: say so, and keep what is on the screen."""
        self._app.link = Link("signed-out", message=error.message)

    def _take(self, session: Session, me: Me) -> None:
        app = self._app
        self.me = me
        app.profile, app.danger = session.profile, app.danger_by_flag or session.danger
        app.person = Person.of(me, session.workspace)
        app.answered()


async def _close(session: Session) -> None:
    if session.close is not None:
        await session.close()
