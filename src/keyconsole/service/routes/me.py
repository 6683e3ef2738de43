"""`/v1/me`: who is signed in."""

from fastapi import APIRouter, Response

from keyconsole import __version__
from keyconsole.service.clock import moment
from keyconsole.service.routes.answers import answer
from keyconsole.service.routes.requests import Caller
from keyconsole.wire import Me, Membership, Role

router = APIRouter(tags=["account"])


@router.get("/me", response_model=Me)
async def me(call: Caller) -> Response:
    """The account, its memberships with permissions, and the service."""
    account = call.actor.account
    return answer(
        Me(
            account_id=account.id,
            email=account.email,
            name=account.name,
            memberships=[
                Membership(
                    workspace_id=each.workspace_id,
                    workspace=each.workspace,
                    role=Role(each.role),
                    permissions=sorted(call.actor.permissions(each.workspace_id)),
                )
                for each in account.memberships
            ],
            service_version=__version__,
            server_time=moment(call.now()),
            embedded=call.runtime.embedded,
        )
    )
