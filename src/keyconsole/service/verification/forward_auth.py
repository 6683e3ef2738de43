"""`/v1/forward-auth`: a bare ASGI function, since a framework costs half of the throughput.

For nginx `auth_request`, Traefik ForwardAuth, Envoy ext_authz and Caddy forward_auth. RFC 6750
says what the answers mean; anything that is not understood is refused.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from time import perf_counter
from typing import Any, NamedTuple

from keyconsole.core import credential
from keyconsole.core.credential import Kind
from keyconsole.core.networks import Network
from keyconsole.service.counters import OutcomeCounter
from keyconsole.service.ids import RequestIds
from keyconsole.service.limits import Allowance, site_of
from keyconsole.service.logs import log
from keyconsole.service.places import CredentialPlaces
from keyconsole.service.store.engine import StoreUnavailableError
from keyconsole.service.store.lookup import VerifierRow
from keyconsole.service.store.outcomes import ACCEPTED, QUOTA_EXCEEDED, RATE_LIMITED
from keyconsole.service.verification.answers import EMPTY, NO_STORE, REFUSALS, Header
from keyconsole.service.verification.demands import DemandedIntegrations
from keyconsole.service.verification.gateway_request import PATH as PATH
from keyconsole.service.verification.gateway_request import GatewayRequest
from keyconsole.service.verification.limiter import KeyLimiter, Taken
from keyconsole.service.verification.recorder import Source, UsageRecorder
from keyconsole.service.verification.scopes import challenge, demanded, effective
from keyconsole.service.verification.sources import (
    KEPT_OF_AGENT,
    is_allowed,
    peer_of,
    source_of,
)
from keyconsole.service.verification.verifier import Verifier

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PREFLIGHT = "preflight"
"""The outcome of a request that is let through without a key."""

_OF_PREFLIGHT = {b"origin", b"access-control-request-method"}
_INSUFFICIENT = b'Bearer realm="keyconsole", error="insufficient_scope", scope="%b"'
"""The challenge of RFC 6750, section 3.1."""
_BY_ITS_RATE = "key-rate-limited"
"""The reason for a refusal by the rate of a key; `rate-limited` is the rate of a source."""
_NOT_OF_THE_CALLER = {"store-unavailable", "request-malformed", _BY_ITS_RATE, QUOTA_EXCEEDED}
"""Refusals that are no failure of the address that the request came from."""
_TOKEN = re.compile(rb"[A-Za-z0-9._~+/-]+=*")
"""`b64token` of RFC 6750, section 2.1."""


class Answer(NamedTuple):
    """The answer to a request; the length of the body is among the headers."""

    status: int
    headers: list[Header]
    body: bytes


class _Refused(Exception):  # noqa: N818 - an answer, not an error
    def __init__(
        self, code: str, scopes: bytes | None = None, headers: Iterable[Header] = ()
    ) -> None:
        super().__init__(code)
        self.code = code
        self.scopes = scopes
        self.headers = headers


def failed() -> Answer:
    """Logs the exception that is being handled and returns the answer of 500."""
    log.error("a verification failed", exc_info=True)
    refusal = REFUSALS["internal-error"]
    body = refusal.body(refusal.status, "")
    return Answer(refusal.status, [*refusal.headers, (b"content-length", b"%d" % len(body))], body)


class ForwardAuth:
    """The endpoint. With `lets_preflight` a CORS preflight needs no key, and gets no identity."""

    def __init__(
        self,
        verifier: Verifier,
        recorder: UsageRecorder,
        limiter: KeyLimiter,
        demands: DemandedIntegrations,
        proxies: tuple[Network, ...],
        request_ids: RequestIds,
        failures: Allowance,
        counter: OutcomeCounter[str],
        *,
        places: CredentialPlaces = CredentialPlaces(),  # noqa: B008 - it cannot be changed
        lets_preflight: bool = False,
    ) -> None:
        self._places = places
        self._lets_preflight = lets_preflight
        self._count = counter.add
        self._verify = verifier.verify
        self._record = recorder.record
        self._take = limiter.take
        self._note_demanded = demands.note
        self._proxies = proxies
        self._new_request_id = request_ids.new
        self._may_fail = failures.take

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answers one request of ASGI."""
        try:
            status, headers, body = await self.answer(scope)
        except Exception:  # noqa: BLE001 - a bug is an answer too, and a line in the log
            status, headers, body = failed()
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def answer(self, scope: Scope) -> Answer:
        """Returns the answer to a request, by its method, headers, query string and client."""
        began = perf_counter()
        request_id = self._new_request_id()
        asked = GatewayRequest(scope)
        if names := self._places.headers:
            asked.apart = [value for name, value in scope["headers"] if name in names]
        if self._lets_preflight and asked.query.is_understood and _is_preflight(scope, asked):
            self._count(PREFLIGHT, perf_counter() - began)
            return Answer(200, [(b"x-request-id", request_id.encode()), NO_STORE, EMPTY], b"")
        try:
            pid, row, scopes, limits = await self._decide(scope, asked)
        except _Refused as refused:
            code = refused.code
            if code not in _NOT_OF_THE_CALLER and not self._may_fail(
                site_of(self._address(scope, asked))
            ):
                code = "rate-limited"
            self._count(code, perf_counter() - began)
            return _refusal(asked, code, request_id, scope["method"], refused)
        self._count(ACCEPTED, perf_counter() - began)
        return Answer(
            200,
            [
                (b"x-key-id", b"kcp_" + pid.encode()),
                (b"x-integration-id", row.integration_id.encode()),
                (b"x-workspace-id", row.workspace_id.encode()),
                (b"x-scopes", scopes),
                *limits,
                (b"x-request-id", request_id.encode()),
                NO_STORE,
                EMPTY,
            ],
            b"",
        )

    async def _decide(
        self, scope: Scope, asked: GatewayRequest
    ) -> tuple[str, VerifierRow, bytes, Iterable[Header]]:
        if not asked.query.is_understood:
            raise _Refused("request-malformed")
        presented = self._credential_of(asked)
        pid = presented.pid
        digest = hashlib.sha256(presented.text.encode()).digest()
        try:
            row, refusal, known = await self._verify(pid, digest)
        except StoreUnavailableError:
            raise _Refused("store-unavailable") from None
        if row is None and not known:
            raise _Refused("credential-invalid")
        address = self._address(scope, asked)
        source: Source = (address, asked.agent[:KEPT_OF_AGENT])
        if row is None:
            self._record(pid, "", "credential-invalid", source)
            raise _Refused("credential-invalid")
        if refusal is None and (asked.integrations or row.allowed_ips is not None):
            refusal = _restriction(row, asked.integrations, address)
        scopes = effective(row.scopes, row.integration_scopes)
        wanted = demanded(asked.scopes) if asked.scopes else []
        if refusal is None and not scopes.names.issuperset(wanted):
            refusal = "insufficient-scope"
        limits: Iterable[Header] = ()
        if row.limits is not None and refusal is None:
            refusal, limits = await self._limited(pid, row.limits)
        self._record(pid, row.integration_id, refusal or ACCEPTED, source)
        if refusal is not None:
            if refusal == "integration-mismatch":
                self._note_demanded(asked.integrations)
            line = _BY_ITS_RATE if refusal == RATE_LIMITED else refusal
            raise _Refused(line, challenge(wanted), limits)
        return pid, row, scopes.header, limits

    async def _limited(self, pid: str, limits: str) -> Taken:
        """Takes one request from what the limits of a key leave."""
        try:
            return await self._take(pid, limits)
        except StoreUnavailableError:
            raise _Refused("store-unavailable") from None

    def _credential_of(self, asked: GatewayRequest) -> credential.Credential:
        try:
            found = self._places.find(asked.authorization, asked.apart)
        except ValueError:
            raise _Refused("credential-malformed") from None
        if not found:
            raise _Refused("credential-missing")
        if len(found) > 1:
            raise _Refused("credential-malformed")
        try:
            presented = credential.parse(found[0].decode("ascii"))
        except ValueError:
            malformed = _TOKEN.fullmatch(found[0]) is None
            raise _Refused("credential-malformed" if malformed else "credential-invalid") from None
        if presented.kind is not Kind.API_KEY:
            raise _Refused("credential-invalid")
        return presented

    def _address(self, scope: Scope, asked: GatewayRequest) -> str:
        client = scope.get("client")
        peer = client[0] if client else ""
        if self._proxies and (asked.listed or asked.forwarded):
            return source_of(peer, asked.listed, asked.forwarded, self._proxies)
        return peer_of(peer)


def _is_preflight(scope: Scope, asked: GatewayRequest) -> bool:
    """Returns whether a request is a CORS preflight, which never carries a credential."""
    if scope["method"] != "OPTIONS":
        return False
    names = {name for name, _ in scope["headers"]}
    return names >= _OF_PREFLIGHT and asked.authorization is None and not asked.apart


def _restriction(row: VerifierRow, demanded: Iterable[bytes], address: str) -> str | None:
    integration = row.integration_id.encode()
    if any(each != integration for each in demanded):
        return "integration-mismatch"
    if row.allowed_ips is not None and not is_allowed(address, row.allowed_ips):
        return "ip-not-allowed"
    return None


def _refusal(
    asked: GatewayRequest, code: str, request_id: str, method: str, refused: _Refused
) -> Answer:
    refusal = REFUSALS[code]
    status = refusal.nginx_status if asked.query.is_for_nginx else refusal.status
    body = refusal.body(status, request_id)
    headers: list[Header] = [
        *refusal.headers,
        *refused.headers,
        (b"x-request-id", request_id.encode()),
        (b"content-length", b"%d" % len(body)),
    ]
    if code == "insufficient-scope":
        headers.append((b"www-authenticate", _INSUFFICIENT % (refused.scopes or b"")))
    return Answer(status, headers, b"" if method == "HEAD" else body)
