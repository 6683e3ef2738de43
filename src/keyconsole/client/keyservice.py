"""The key service, each call of the contract a method."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import httpx

from keyconsole import wire
from keyconsole.client.addresses import Parameter, address, without_secrets
from keyconsole.client.attention import AttentionCalls
from keyconsole.client.calls import Calls, Choose
from keyconsole.client.connection import TIMEOUT, checked_token, checked_url, place
from keyconsole.client.http import http_client, network
from keyconsole.client.invitations import Invitations
from keyconsole.client.labelaudit import LabelAudit
from keyconsole.client.members import Members
from keyconsole.client.reports import Reports
from keyconsole.client.response_checks import checked_created
from keyconsole.client.revocations import Revocations
from keyconsole.client.rotations import Rotations
from keyconsole.client.tokens import Tokens
from keyconsole.client.transport import EmbeddedTransport, Exchange
from keyconsole.client.use import UseCalls
from keyconsole.client.workspaces import Workspaces
from keyconsole.core.errors import UnexpectedAnswerError

if TYPE_CHECKING:
    from keyconsole.core.queries.keys import KeyQuery

PAGE = 100


class KeyServiceClient:
    """A key service, remote or embedded in this process.

    Every method raises an exception of `keyconsole.core.errors` and no other: `ProblemError` when
    the service refused, `ServiceUnreachableError` when no answer came (whether the request took
    effect is then unknown), `UnexpectedAnswerError` when something else answered. A
    question is asked again where that can help, a change is sent once, and no redirect is
    followed. All text in answers is safe to show. A GET that the
    service answers with 304 returns the same object as before.
    """

    def __init__(
        self, exchange: Exchange, *, base_url: str, is_embedded: bool, read_only: bool = False
    ) -> None:
        self.base_url = base_url
        self.is_embedded = is_embedded
        self._calls = Calls(exchange, read_only=read_only)
        self.members = Members(self._calls)
        self.tokens = Tokens(self._calls)
        self.invitations = Invitations(self._calls)
        self.revocations = Revocations(self._calls)
        self.rotations = Rotations(self._calls)
        self.workspaces = Workspaces(self._calls)
        self.label_audit = LabelAudit(self._calls)
        self.reports = Reports(self._calls)
        self.attention = AttentionCalls(self._calls)
        self.use = UseCalls(self._calls)

    def changes_in(self, choose: Choose | None) -> None:
        """Names a workspace in every change: an old token that reaches several needs it."""
        self._calls.choose_workspace = choose

    @classmethod
    def remote(
        cls,
        url: str,
        token: str,
        *,
        ca_file: Path | None = None,
        proxy: str | None = None,
        allow_plain_http: bool = False,
        timeout: float = TIMEOUT,
        read_only: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> Self:
        """Returns a client of a remote service; nothing is sent yet. Raises `ConfigurationError`.

        `timeout` is the deadline in seconds for a whole request. No proxy is asked but `proxy`,
        whatever the environment says. `transport` takes the place of
        the network in tests.
        """
        base_url = checked_url(url, allow_plain_http=allow_plain_http)
        transport = transport or network(base_url, ca_file=ca_file, proxy=proxy)
        http = http_client(transport, base_url, checked_token(token))
        peer = urlsplit(base_url).netloc
        between = place(proxy) if proxy else None
        exchange = Exchange(http, peer=peer, timeout=timeout, detached=False, proxy=between)
        return cls(exchange, base_url=base_url, is_embedded=False, read_only=read_only)

    @classmethod
    def embedded(
        cls, app: Any, token: str, *, timeout: float = TIMEOUT, read_only: bool = False
    ) -> Self:
        """Returns a client of the ASGI `app`, in this process and event loop.

        Whoever started the app stops it, after `aclose`. Requests end even when the caller is
        cancelled.
        """
        http = http_client(EmbeddedTransport(app), "http://embedded", checked_token(token))
        exchange = Exchange(http, peer="The embedded service", timeout=timeout, detached=True)
        return cls(exchange, base_url="", is_embedded=True, read_only=read_only)

    def __repr__(self) -> str:
        return f"<KeyServiceClient {self.base_url or 'embedded'}>"

    @property
    def read_only(self) -> bool:
        """True if every change is refused here, before it is sent."""
        return self._calls.read_only

    @property
    def latency_ms(self) -> float | None:
        """The time of the last round trip, in milliseconds."""
        return self._calls.exchange.latency_ms

    async def aclose(self) -> None:
        """Closes every connection, once the writes under way have ended."""
        await self._calls.exchange.aclose()

    async def me(self) -> wire.Me:
        """Returns the account that is signed in, and its permissions by workspace."""
        return await self._calls.get(address("me"), wire.Me)

    async def integrations(
        self,
        *,
        q: str | None = None,
        status: wire.IntegrationStatus | None = None,
        workspace: str | None = None,
        cursor: str | None = None,
        limit: int = PAGE,
    ) -> wire.Page[wire.Integration]:
        """Returns one page of integrations, of every workspace or of one, by its id."""
        query: dict[str, Parameter | None] = {"workspace": workspace}
        query |= {"q": q, "status": status, "cursor": cursor, "limit": limit}
        return await self._calls.get(
            address("integrations", query=query), wire.Page[wire.Integration]
        )

    async def integration(self, integration_id: str) -> wire.Integration:
        """Returns one integration with its key counts."""
        return await self._calls.get(address("integrations", integration_id), wire.Integration)

    async def create_integration(self, request: wire.IntegrationCreate) -> wire.Integration:
        """Creates an integration, a draft until nothing is missing."""
        return await self._calls.post(address("integrations"), request, wire.Integration)

    async def update_integration(
        self, integration_id: str, patch: wire.IntegrationPatch
    ) -> wire.Integration:
        """Changes the fields of `patch` that were set, `None` included; the others stay."""
        return await self._calls.patch(
            address("integrations", integration_id), patch, wire.Integration
        )

    async def keys(
        self,
        query: "KeyQuery | str | None" = None,
        *,
        integration: str | None = None,
        workspace: str | None = None,
        sort: str | None = None,
        cursor: str | None = None,
        limit: int = PAGE,
    ) -> wire.KeyPage:
        """Returns one page of the keys of a query, of an integration, a workspace, or all.

        A secret in `query`, which may be its text, is sent as its public key. `sort` is `label`,
        `created_at` or `last_used_at`, with `-` in front for descending.

        More matches than the service sorts come newest first, and the page says `capped`. Where few
        keys of many match, this asks on until there is one or the end. Raises
        `UnexpectedAnswerError` where neither comes.
        """
        parameters: dict[str, Parameter | None] = {
            "query": str(query) if query else None,
            "workspace": workspace,
            "sort": sort,
            "cursor": cursor,
            "limit": limit,
        }
        within = () if integration is None else ("integrations", integration)
        return await self._calls.page((*within, "keys"), parameters, wire.KeyPage)

    async def key(self, public_key: str) -> wire.Key:
        """Returns one key."""
        return await self._calls.get(address("keys", public_key), wire.Key)

    async def create_key(
        self, integration_id: str, request: wire.KeyCreate, *, idempotency_key: str
    ) -> wire.CreatedKey:
        """Creates a key; returns it with its secret, which is never answered again.

        After `ServiceUnreachableError` the same request with the same `idempotency_key` is
        safe: it returns the key that was made, or makes it.
        An expiry that was set to `None` is never; one that was not set is left to the policy.
        """
        is_never = request.expires_at is None and "expires_at" in request.model_fields_set
        created = await self._calls.post(
            address("integrations", integration_id, "keys"),
            request,
            wire.CreatedKey,
            headers={"Idempotency-Key": idempotency_key},
            nulls=["expires_at"] if is_never else (),
        )
        return checked_created(created, self._calls.exchange.peer)

    async def acknowledge(self, public_key: str) -> wire.Key:
        """Confirms that the secret is safely stored: it is never replayed again."""
        return await self._calls.post(address("keys", public_key, "acknowledge"), None, wire.Key)

    async def rename_key(self, public_key: str, label: str, *, version: int) -> wire.Key:
        """Changes the label, unless the key changed since `version` (`ConflictError`)."""
        return await self._change_key(public_key, wire.KeyPatch(label=label), version)

    async def change_expiry(
        self, public_key: str, expires_at: datetime | None, *, version: int
    ) -> wire.Key:
        """Changes or removes the expiry, unless the key changed since `version`."""
        return await self._change_key(public_key, wire.KeyPatch(expires_at=expires_at), version)

    async def change_addresses(
        self, public_key: str, allowed_ips: list[str] | None, *, version: int
    ) -> wire.Key:
        """Changes from which addresses a key may be used; from every one if `None`."""
        return await self._change_key(public_key, wire.KeyPatch(allowed_ips=allowed_ips), version)

    async def change_scopes(
        self, public_key: str, scopes: list[str] | None, *, version: int
    ) -> wire.Key:
        """Changes for which scopes a key may be used; for all of its integration if `None`."""
        return await self._change_key(public_key, wire.KeyPatch(scopes=scopes), version)

    async def change_metadata(
        self, public_key: str, metadata: dict[str, str] | None, *, version: int
    ) -> wire.Key:
        """Changes or removes the metadata of a key."""
        return await self._change_key(public_key, wire.KeyPatch(metadata=metadata), version)

    async def change_limits(
        self, public_key: str, patch: wire.KeyPatch, *, version: int
    ) -> wire.Key:
        """Changes how often a key may be used: the limits that `patch` names."""
        return await self._change_key(public_key, patch, version)

    async def change_owner(
        self, public_key: str, owner: wire.OwnerRequest | None, *, version: int
    ) -> wire.Key:
        """Changes who answers for a key; whoever made it if `None`."""
        return await self._change_key(public_key, wire.KeyPatch(owner=owner), version)

    async def _change_key(self, public_key: str, patch: wire.KeyPatch, version: int) -> wire.Key:
        headers = {"If-Match": f'"{version}"'}
        return await self._calls.patch(
            address("keys", public_key), patch, wire.Key, headers=headers
        )

    async def revoke_key(self, public_key: str, request: wire.RevokeRequest) -> wire.Receipt:
        """Revokes a key for ever. Repeating it returns the same receipt, `already` true."""
        return await self._calls.post(address("keys", public_key, "revoke"), request, wire.Receipt)

    async def disable_key(self, public_key: str, request: wire.DisableRequest) -> wire.Key:
        """Disables a key at once, with a scheduled transition or without; again, to change that."""
        return await self._calls.post(address("keys", public_key, "disable"), request, wire.Key)

    async def enable_key(self, public_key: str) -> wire.Key:
        """Enables a disabled key."""
        return await self._calls.post(address("keys", public_key, "enable"), None, wire.Key)

    async def usage(self, public_key: str) -> wire.Usage:
        """Returns the use of a key: counts and sources."""
        return await self._calls.get(address("keys", public_key, "usage"), wire.Usage)

    async def refusals(
        self,
        *,
        since: datetime | None = None,
        integration: str | None = None,
        key: str | None = None,
        workspace: str | None = None,
        cursor: str | None = None,
        limit: int = PAGE,
    ) -> wire.Page[wire.Refusal]:
        """Returns one page of the sources of refused keys, the latest first."""
        query: dict[str, Parameter | None] = {"workspace": workspace, "integration": integration}
        query |= {"since": wire.rfc3339(since) if since else None, "key": key}
        query |= {"cursor": cursor, "limit": limit}
        return await self._calls.get(address("refusals", query=query), wire.Page[wire.Refusal])

    async def identify(self, public_key: str, digest: str | None = None) -> wire.Identified:
        """Returns which key this is, and if it authenticates now. `digest` proves possession."""
        request = wire.IdentifyRequest(public_key=without_secrets(public_key), digest=digest)
        return await self._calls.ask(address("identify"), request, wire.Identified)

    async def audit(
        self,
        *,
        actor: str | None = None,
        action: str | None = None,
        target: str | None = None,
        integration: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        revocation: str | None = None,
        q: str | None = None,
        workspace: str | None = None,
        cursor: str | None = None,
        after: int | None = None,
        limit: int = PAGE,
        grouped: bool = False,
    ) -> wire.AuditEventPage:
        """Returns one page of the audit log, the newest first. `since` is within, `until` is not.

        `q` is looked for in the newest events. With `grouped`, each bulk revoke is one event. With
        `after`, the events of one workspace after that sequence, the oldest first.
        """
        query: dict[str, Parameter | None] = {"workspace": workspace, "target": target}
        query |= {"integration": integration, "actor": actor, "action": action}
        query["since"] = None if since is None else wire.rfc3339(since)
        query["until"] = None if until is None else wire.rfc3339(until)
        query |= {"revocation": revocation, "q": q, "grouped": "true" if grouped else None}
        query |= {"cursor": cursor, "after": after, "limit": limit}
        return await self._calls.get(address("audit", query=query), wire.AuditEventPage)

    async def audit_checkpoint(self, workspace: str | None = None) -> wire.AuditCheckpoint:
        """Returns the length and last hash of the audit log, of the only workspace or of one."""
        asked = address("audit", "checkpoint", query={"workspace": workspace})
        return await self._calls.get(asked, wire.AuditCheckpoint)

    async def audit_verification(self, workspace: str | None = None) -> wire.AuditVerification:
        """Has the service follow the chain of the whole audit log, in as many steps as needed."""
        after = 0
        while True:
            query: dict[str, Parameter | None] = {"workspace": workspace, "after": after}
            asked = address("audit", "verification", query=query)
            found = await self._calls.get(asked, wire.AuditVerification)
            if found.complete:
                return found
            if found.verified <= after:
                raise UnexpectedAnswerError("The service repeats itself: its check has no end.")
            after = found.verified
