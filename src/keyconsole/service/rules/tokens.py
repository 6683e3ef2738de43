"""Operator tokens: made for members, shown once, revoked at once.

A value is derived from the root, the pid and the caller's nonce, as that of a key is, so the
same request gives the same value again while its window is open, and nothing of it is stored.
"""

import hashlib

from pydantic import Field

from keyconsole.core import credential
from keyconsole.core.credential import Kind
from keyconsole.core.errors import field_problem, problem
from keyconsole.service.clock import moment, optional_moment, told
from keyconsole.service.rules import audit, token_scope
from keyconsole.service.rules.context import RequestContext, not_found
from keyconsole.service.rules.fields import FieldErrors
from keyconsole.service.rules.minting import (
    fingerprint_of,
    is_window_over,
    refuse_other_request,
    secret_of,
)
from keyconsole.service.rules.pages import Cursors, PageQuery
from keyconsole.service.store import decisions
from keyconsole.service.store import tokens as store
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.tokens import Reach, TokenCard, TokenFilter
from keyconsole.service.verification.verifier import verifier_of
from keyconsole.wire import CreatedToken, Page, Permission, Token, TokenCreate, TokenStatus
from keyconsole.wire.base import Filter

PREFIX = "tok_"

_NEEDED = Permission.MEMBERS_WRITE


class TokenQuery(PageQuery):
    """The tokens that are asked for."""

    workspace: Filter | None = None
    account: Filter | None = None
    status: list[TokenStatus] = Field(default_factory=list)


async def list_tokens(context: RequestContext, query: TokenQuery) -> Page[Token]:
    """Returns a page of the tokens of the workspaces, newest first.

    Tokens of the caller's own that reach every workspace are among them.
    """
    which = TokenFilter(
        reach=_reach(context, query.workspace),
        now=context.now(),
        account_id=query.account,
        statuses=tuple(query.status),
    )
    cursors = Cursors(context.runtime.roots, "tokens", which.reach, query.account, which.statuses)
    after = cursors.read(query.cursor, (int, str))
    async with context.runtime.store.search() as tx:
        found = await store.page(tx, which, query.limit + 1, after)
    rows, following = cursors.cut(found, query.limit, lambda last: (last.created_at, last.pid))
    return Page[Token](
        items=[Token(**_facts(context, each)) for each in rows], next_cursor=following
    )


async def create_token(
    context: RequestContext, asked: TokenCreate, nonce: str
) -> tuple[CreatedToken, bool]:
    """Returns a new token, or the answer to the same request before, and true for the latter."""
    principal = f"token\0{context.principal.account.id}\0{nonce}"
    request_hash = hashlib.sha256(principal.encode()).digest()
    async with context.runtime.store.write() as tx:
        earlier = await store.find_request(tx, request_hash)
        if earlier is None:
            return await _create(tx, context, asked, nonce, request_hash), False
        await _require_same(tx, context, asked, earlier)
        if not _is_closed(earlier, context.now()):
            root = context.runtime.roots[earlier.root_id]
            value = secret_of(root, earlier.pid, nonce, Kind.OPERATOR_TOKEN).text
            return CreatedToken(**_facts(context, earlier), value=value), True
        if context.is_clock_right():
            await decisions.close_replay(tx, request_hash, context.now())
    raise problem(
        "secret-already-issued",
        f"This request made {PREFIX}{earlier.pid}, whose value was issued and is not given "
        "again. If nobody has it, revoke that token and create another.",
    )


async def revoke_token(context: RequestContext, token_id: str, *, last: str | None = None) -> None:
    """Revokes a token, from the very next request on. It may be repeated.

    Raises `last-token` where no admin of a workspace could sign in any more, unless `last` is
    `yes`.
    """
    async with context.runtime.store.write() as tx:
        token = await _find(tx, context, token_id)
        if last not in (None, "yes"):
            raise field_problem("last", "enum", "This is yes, or is left out.")
        if token.revoked_at is not None:
            return
        await store.revoke(
            tx, token.pid, _reach(context, None), context.now(), context.principal.name
        )
        if last is None:
            await token_scope.refuse_lockout(tx, context, token)
        await _record(tx, context, "token.revoked", token, {})


async def _create(
    tx: Connection, context: RequestContext, asked: TokenCreate, nonce: str, request_hash: bytes
) -> CreatedToken:
    now = context.now()
    account_id, workspace_id = await token_scope.whose(tx, context, asked)
    errors = FieldErrors()
    label = errors.optional_name("label", asked.label, "A label")
    expires_at = errors.future("expires_at", asked.expires_at, now)
    errors.raise_if_any()
    root, pid = context.runtime.roots.newest, credential.new_pid()
    value = secret_of(root, pid, nonce, Kind.OPERATOR_TOKEN).text
    await store.add(
        tx,
        {
            "pid": pid,
            "account_id": account_id,
            "workspace_id": workspace_id,
            "root_id": root.id,
            "verifier": verifier_of(root.verify_key, pid, account_id, credential.digest(value)),
            "label": label,
            "created_at": now,
            "created_by": context.principal.name,
            "expires_at": expires_at,
            "request_hash": request_hash,
            "fingerprint": fingerprint_of(asked.model_dump(mode="json")),
            "confined": await token_scope.is_confined(tx, context, account_id, workspace_id),
        },
    )
    made = await store.find_request(tx, request_hash)
    if made is None:
        raise not_found()
    await _record(tx, context, "token.created", made, {"expires_at": told(expires_at)})
    return CreatedToken(**_facts(context, made), value=value)


async def _require_same(
    tx: Connection, context: RequestContext, asked: TokenCreate, earlier: TokenCard
) -> None:
    refuse_other_request(earlier.fingerprint or b"", fingerprint_of(asked.model_dump(mode="json")))
    if await token_scope.whose(tx, context, asked) != (earlier.account_id, earlier.workspace_id):
        raise not_found()


def _is_closed(earlier: TokenCard, now: int) -> bool:
    """Returns true if the value is not given again: by now, or by an earlier decision."""
    is_over = earlier.replay_closed_at is not None or is_window_over(earlier.created_at, now)
    return is_over or earlier.last_used_at > 0 or earlier.revoked_at is not None


async def _find(tx: Connection, context: RequestContext, token_id: str) -> TokenCard:
    """Returns a token that the principal may revoke; raises `not-found` and `permission-denied`."""
    principal = context.principal
    pid = token_id.removeprefix(PREFIX) if token_id.startswith(PREFIX) else ""
    found = await store.find(tx, pid, Reach(principal.workspaces, _own(context)))
    if found is None:
        raise not_found("token with this id")
    if found.workspace_id is None:
        principal.workspaces_with(_NEEDED)
    else:
        principal.require(_NEEDED, found.workspace_id)
    return found


def _reach(context: RequestContext, workspace: str | None) -> Reach:
    within = context.principal.workspaces_with(_NEEDED, workspace)
    return Reach(within, _own(context) if workspace in (None, *within) else None)


def _own(context: RequestContext) -> str | None:
    """Returns the account of the caller if their token reaches every workspace of theirs."""
    return context.principal.account.id if context.principal.is_everywhere else None


async def _record(
    tx: Connection,
    context: RequestContext,
    action: str,
    token: TokenCard,
    detail: dict[str, object],
) -> None:
    """Adds the event to every workspace that the token signs in to."""
    for workspace_id in await token_scope.reached(tx, token):
        await audit.record(
            tx,
            context,
            action,
            workspace_id=workspace_id,
            target=f"{PREFIX}{token.pid}",
            target_name=token.label or "",
            detail={"account": token.email, **detail},
        )


def _facts(context: RequestContext, token: TokenCard) -> dict[str, object]:
    return {
        "id": f"{PREFIX}{token.pid}",
        "account_id": token.account_id,
        "email": token.email,
        "workspace_id": token.workspace_id,
        "label": token.label,
        "status": token.status(context.now()),
        "created_at": moment(token.created_at),
        "created_by": token.created_by,
        "expires_at": optional_moment(token.expires_at),
        "last_used_at": optional_moment(token.last_used_at),
        "revoked_at": optional_moment(token.revoked_at),
        "revoked_by": token.revoked_by,
        "current": token.pid == context.principal.token_id,
    }
