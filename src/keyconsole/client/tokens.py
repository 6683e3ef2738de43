"""Operator tokens, each call of the contract a method."""

from collections.abc import Sequence

from keyconsole.client.addresses import Parameter, address
from keyconsole.client.calls import Resource
from keyconsole.core.credential import Kind, MalformedCredentialError, parse
from keyconsole.core.errors import UnexpectedAnswerError
from keyconsole.wire import CreatedToken, Page, Token, TokenCreate, TokenStatus


class Tokens(Resource):
    """The operator tokens, for those with `members:write`."""

    async def page(
        self,
        *,
        workspace: str | None = None,
        account: str | None = None,
        status: TokenStatus | Sequence[TokenStatus] | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Token]:
        """Returns one page of tokens, newest first."""
        query: dict[str, Parameter | Sequence[Parameter] | None]
        query = {"workspace": workspace, "account": account}
        query |= {"status": status, "cursor": cursor, "limit": limit}
        return await self._calls.get(address("tokens", query=query), Page[Token])

    async def unrevoked(
        self,
        *,
        workspace: str | None = None,
        account: str | None = None,
        cursor: str | None = None,
        limit: int = 100,
    ) -> Page[Token]:
        """Returns one page of the tokens that nobody has revoked, expired ones too."""
        return await self.page(
            workspace=workspace,
            account=account,
            status=(TokenStatus.ACTIVE, TokenStatus.EXPIRED),
            cursor=cursor,
            limit=limit,
        )

    async def create(self, request: TokenCreate, *, idempotency_key: str) -> CreatedToken:
        """Creates a token; returns its value, which is never answered again.

        After `ServiceUnreachableError` the same request with the same `idempotency_key` is
        safe: it returns the token that was made, or makes it.
        """
        created = await self._calls.post(
            address("tokens"), request, CreatedToken, headers={"Idempotency-Key": idempotency_key}
        )
        if not _belongs(created):
            raise UnexpectedAnswerError(
                f"{self._calls.exchange.peer} made {created.id}, but the value it answered is not "
                "a whole token: revoke it and create another."
            )
        return created

    async def revoke(self, token_id: str, *, last: bool = False) -> None:
        """Revokes a token, from the very next request on. It may be repeated.

        Raises `ConflictError` (`last-token`) for the last token of the last admin, unless `last`.
        """
        query = {"last": "yes" if last else None}
        await self._calls.delete(address("tokens", token_id, query=query))


def _belongs(created: CreatedToken) -> bool:
    try:
        value = parse(created.value.get_secret_value())
    except MalformedCredentialError:
        return False
    return value.kind is Kind.OPERATOR_TOKEN and created.id == f"tok_{value.pid}"
