"""`/v1/me`: who is signed in."""

from fastapi import APIRouter, Response

from keyconsole import __version__
from keyconsole.service.clock import moment
from keyconsole.service.routes.answers import answer
from keyconsole.service.routes.requests import Caller
from keyconsole.service.rules.invitations import membership_of
from keyconsole.wire import Me

router = APIRouter(tags=["account"])


@router.get("/me", response_model=Me)
async def get_me(context: Caller) -> Response:
    """The account, its memberships with permissions, and the service."""
    account, watch = context.principal.account, context.runtime.clock_watch
    watch.is_right()
    return answer(
        Me(
            account_id=account.id,
            email=account.email,
            name=account.name,
            memberships=[membership_of(each) for each in account.memberships],
            service_version=__version__,
            server_time=moment(context.now()),
            embedded=context.runtime.embedded,
            clock_doubt=watch.reason,
        )
    )
