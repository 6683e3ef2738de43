"""`/v1/members`."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from keyconsole.service.routes.answers import answer, listing
from keyconsole.service.routes.requests import Caller, UnnamedCaller, accepts, read_body
from keyconsole.service.rules import members
from keyconsole.service.rules.members import MemberQuery
from keyconsole.wire import Member, MemberCreate, MemberPatch, Page, Permission
from keyconsole.wire.base import Filter

router = APIRouter(prefix="/members", tags=["people"])


@router.get("", response_model=Page[Member])
async def list_members(
    context: Caller, request: Request, query: Annotated[MemberQuery, Query()]
) -> Response:
    """The members by address."""
    return await listing(request, await members.list_members(context, query))


@router.post(
    "",
    status_code=201,
    response_model=Member,
    responses={200: {"model": Member, "description": "A member already, with this role"}},
    openapi_extra=accepts(MemberCreate),
)
async def add_member(context: UnnamedCaller, request: Request) -> Response:
    """A new member, or the same again."""
    context.principal.workspaces_with(Permission.MEMBERS_WRITE)
    asked = await read_body(request, MemberCreate)
    member, is_new = await members.add_member(context, asked)
    location = {"Location": f"/v1/members/{member.account_id}"}
    return answer(member, 201 if is_new else 200, location)


@router.get("/{account_id}", response_model=Member)
async def get_member(context: Caller, account_id: str, workspace: Filter | None = None) -> Response:
    """One member."""
    return answer(await members.show_member(context, account_id, workspace))


@router.patch("/{account_id}", response_model=Member, openapi_extra=accepts(MemberPatch))
async def update_member(
    context: Caller, request: Request, account_id: str, workspace: Filter | None = None
) -> Response:
    """Give a member another role."""
    await members.authorize(context, account_id, workspace)
    asked = await read_body(request, MemberPatch)
    return answer(await members.change_member(context, account_id, workspace, asked))


@router.delete("/{account_id}", status_code=204)
async def remove_member(
    context: Caller, account_id: str, workspace: Filter | None = None
) -> Response:
    """End a membership, and revoke what signed them in to this workspace alone."""
    await members.remove_member(context, account_id, workspace)
    return Response(status_code=204)
