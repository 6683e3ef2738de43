"""`/v1/invitations`: answered by the account that is invited, and by nobody else."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from keyconsole.service.routes.answers import answer, listing
from keyconsole.service.routes.requests import UnnamedCaller
from keyconsole.service.rules import invitations
from keyconsole.service.rules.pages import PageQuery
from keyconsole.wire import Invitation, Membership, Page

router = APIRouter(prefix="/invitations", tags=["people"])


@router.get("", response_model=Page[Invitation])
async def list_invitations(
    context: UnnamedCaller, request: Request, query: Annotated[PageQuery, Query()]
) -> Response:
    """The workspaces that your account is asked to join, newest first."""
    return await listing(request, await invitations.list_invitations(context, query))


@router.post("/{invitation_id}/accept", response_model=Membership)
async def accept_invitation(context: UnnamedCaller, invitation_id: str) -> Response:
    """Become a member. Repeating it answers the same."""
    return answer(await invitations.accept(context, invitation_id))


@router.post("/{invitation_id}/decline", status_code=204)
async def decline_invitation(context: UnnamedCaller, invitation_id: str) -> Response:
    """Refuse; you can be invited again."""
    await invitations.decline(context, invitation_id)
    return Response(status_code=204)
