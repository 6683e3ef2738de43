"""Principals: operator tokens, accounts, and the permissions of their roles by workspace."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace

from keyconsole.core import credential
from keyconsole.core.credential import Kind, MalformedCredentialError
from keyconsole.core.errors import NotPermittedError, ProblemError, problem
from keyconsole.service.rootkeys import RootKey, RootKeys
from keyconsole.service.runtime import Runtime
from keyconsole.service.store import accounts
from keyconsole.service.store.accounts import AccountRecord, TokenRecord
from keyconsole.service.store.damage import is_damaged
from keyconsole.service.verification.verifier import verifier_of
from keyconsole.wire import ROLE_PERMISSIONS, Permission, Role


def permissions_of(role: str) -> frozenset[Permission]:
    """Returns the permissions of a stored role; none for one that cannot be read."""
    return frozenset() if is_damaged(role) else ROLE_PERMISSIONS[Role(role)]


class PermissionDeniedError(NotPermittedError):
    """Somebody who is signed in tried what they may not do in these workspaces."""

    def __init__(self, permission: Permission, workspaces: Sequence[str]) -> None:
        super().__init__(
            "permission-denied",
            f"This needs the permission {permission.value}, which you lack here.",
        )
        self.permission = permission
        self.workspaces = workspaces


@dataclass(frozen=True, slots=True)
class Principal:
    """An account that is signed in, as far as its token reaches."""

    account: AccountRecord
    token_id: str
    """The pid of the token."""
    is_everywhere: bool = True
    """True if the token signs in to every workspace of the account."""
    is_confined: bool = False
    """True if the token speaks for its account in its workspace alone."""
    is_in_memory: bool = False
    """True if this process made the token for the person who runs it."""

    @classmethod
    def named(cls, name: str) -> "Principal":
        """Returns a principal without an account, who has no permission."""
        return cls(AccountRecord(id="", email=name, name=name, memberships=()), token_id="")

    @property
    def name(self) -> str:
        """The name in the audit log and in every `created_by`: the email address."""
        return self.account.email

    @property
    def workspaces(self) -> list[str]:
        """Every workspace they are a member of."""
        return [each.workspace_id for each in self.account.memberships]

    @property
    def must_name_workspace(self) -> bool:
        """True if a change has to name its workspace, since the token reaches several."""
        return self.is_everywhere and not self.is_in_memory and len(self.workspaces) > 1

    def within(self, workspace_id: str) -> "Principal":
        """Returns the same principal, confined to this workspace."""
        return replace(self, account=_within(self.account, workspace_id))

    def permissions(self, workspace_id: str) -> frozenset[Permission]:
        """Returns the permissions in a workspace; none in one that is not theirs."""
        for each in self.account.memberships:
            if each.workspace_id == workspace_id:
                return permissions_of(each.role)
        return frozenset()

    def require(self, permission: Permission, workspace_id: str) -> None:
        """Raises `permission-denied`, naming the permission, unless they have it there."""
        if permission not in self.permissions(workspace_id):
            raise PermissionDeniedError(permission, [workspace_id])

    def workspaces_with(self, permission: Permission, only: str | None = None) -> Sequence[str]:
        """Returns the workspaces with this permission; raises `permission-denied` if none has it.

        `only` narrows to one: none is left where it is not theirs, as where it does not exist.
        """
        wanted = [each for each in self.workspaces if only in (None, each)]
        found = [each for each in wanted if permission in self.permissions(each)]
        if not found and (wanted or not self.workspaces):
            raise PermissionDeniedError(permission, wanted)
        return found


def make_token(
    root: RootKey, account_id: str, workspace_id: str | None = None
) -> tuple[str, str, TokenRecord]:
    """Makes an operator token for a workspace: its value, its pid, and what may be kept of it.

    Without a workspace it reaches every one of the account, which is meant for memory alone.
    """
    token = credential.mint(Kind.OPERATOR_TOKEN)
    verifier = verifier_of(root.verify_key, token.pid, account_id, credential.digest(token.text))
    record = TokenRecord(account_id, root.id, verifier, workspace_id=workspace_id)
    return token.text, token.pid, record


async def authenticate(runtime: Runtime, authorization: Sequence[str]) -> Principal:
    """Returns the principal of an `Authorization` header; raises `not-signed-in`."""
    if not authorization:
        raise not_signed_in("Sign in: send Authorization: Bearer and an operator token.")
    return await sign_in(runtime, _parse(authorization))


async def sign_in(
    runtime: Runtime, token: credential.Credential, named: str | None = None
) -> Principal:
    """Returns the principal of an operator token; raises `not-signed-in`.

    Where the token was `named` by its id too, a wrong name is refused like a wrong value: after
    the same work, and without a sign-in being recorded. Tokens in memory (the embedded service)
    and in the table take the same way: parse, look up, compare in constant time.
    """
    in_memory = runtime.tokens.get(token.pid)
    async with runtime.store.read() as tx:
        if in_memory is None:
            found = await accounts.find_token(tx, token.pid)
            record, account = (None, None) if found is None else found
        else:
            record, account = in_memory, await accounts.find_account(tx, in_memory.account_id)
    is_named = named is None or hmac.compare_digest(named.encode(), f"tok_{token.pid}".encode())
    is_right = _matches(runtime.roots, token, record) and is_named
    if record is None or not is_right or account is None:
        raise _not_valid()
    if record.has_expired(runtime.clock()):
        if record.expiry_seen_at is None and not is_damaged(record.expires_at):
            runtime.token_last_used.record_expired(token.pid)
        raise _not_valid()
    if record.revoked_at is not None or runtime.token_last_used.was_refused(token.pid):
        raise _not_valid()
    if in_memory is None:
        runtime.token_last_used.record(token.pid, record.last_used_at)
    return Principal(
        _within(account, record.workspace_id),
        token.pid,
        is_everywhere=record.workspace_id is None,
        is_confined=record.is_confined,
        is_in_memory=in_memory is not None,
    )


def _within(account: AccountRecord, workspace_id: str | None) -> AccountRecord:
    """Returns the account with the membership of one workspace alone, or with all for None."""
    if workspace_id is None:
        return account
    memberships = tuple(m for m in account.memberships if m.workspace_id == workspace_id)
    return replace(account, memberships=memberships)


def _parse(authorization: Sequence[str]) -> credential.Credential:
    scheme, _, text = authorization[0].partition(" ")
    if len(authorization) != 1 or scheme.lower() != "bearer":
        raise not_signed_in("Sign in: send one Authorization: Bearer and an operator token.")
    try:
        token = credential.parse(text.strip())
    except MalformedCredentialError:
        raise _not_valid() from None
    if token.kind is not Kind.OPERATOR_TOKEN:
        raise not_signed_in("An API key does not sign in; an operator token (kco_…) does.")
    return token


def _matches(roots: RootKeys, token: credential.Credential, record: TokenRecord | None) -> bool:
    known = record or TokenRecord("acc_0000000000000000", roots.newest.id, bytes(32))
    verifier = verifier_of(
        roots[known.root_id].verify_key,
        token.pid,
        known.account_id,
        credential.digest(token.text),
    )
    same = hmac.compare_digest(verifier, known.verifier)
    return same and record is not None


def not_signed_in(message: str) -> ProblemError:
    """Returns the refusal of a caller who is not signed in."""
    return problem("not-signed-in", message)


def _not_valid() -> ProblemError:
    return not_signed_in("The operator token is not valid.")
