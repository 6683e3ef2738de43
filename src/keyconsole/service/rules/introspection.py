"""Introspection (RFC 7662): what forward-auth would say, told in JSON to a gateway.

The verdict is the Verifier's and comes last, so that whatever was read before it cannot let
through a key that was revoked meanwhile.
"""

from keyconsole.core import credential
from keyconsole.core.credential import Kind, MalformedCredentialError
from keyconsole.service.clock import SECOND
from keyconsole.service.rules.context import RequestContext
from keyconsole.service.store import keys
from keyconsole.service.store.keys import KeyRecord
from keyconsole.service.store.lookup import VerifierRow
from keyconsole.service.store.usage import ACCEPTED
from keyconsole.service.verification.recorder import Source
from keyconsole.service.verification.scopes import effective
from keyconsole.service.verification.sources import is_allowed
from keyconsole.wire import Introspection, Permission

_INACTIVE = Introspection(active=False)


async def introspect(context: RequestContext, text: str, source: Source) -> Introspection:
    """Tells if the key in `text` authenticates now, for the workspaces of the gateway.

    A key that may be used from some addresses only is held to the source of this request, which
    is the client's where the gateway is a trusted proxy that forwards it.
    """
    try:
        presented = credential.parse(text)
    except MalformedCredentialError:
        return _INACTIVE
    if presented.kind is not Kind.API_KEY:
        return _INACTIVE
    runtime, pid = context.runtime, presented.pid
    workspaces = context.principal.workspaces_with(Permission.INTROSPECT)
    async with runtime.store.read() as tx:
        key = await keys.find(tx, pid, workspaces)
    verdict = await runtime.verifier.verify(pid, credential.digest(text))
    if key is None:
        return _INACTIVE
    if verdict.row is None:
        runtime.recorder.record(pid, "", "credential-invalid", None)
        return _INACTIVE
    refusal = verdict.refusal or _restriction(verdict.row, source)
    runtime.recorder.record(pid, key.integration_id, refusal or ACCEPTED, source)
    return _INACTIVE if refusal else _active(key, verdict.row)


def _restriction(row: VerifierRow, source: Source) -> str | None:
    if row.allowed_ips is not None and not is_allowed(source[0], row.allowed_ips):
        return "ip-not-allowed"
    return None


def _active(key: KeyRecord, row: VerifierRow) -> Introspection:
    return Introspection(
        active=True,
        client_id=key.integration_id,
        sub=key.public_key,
        token_type="Bearer",  # noqa: S106 - the name of a scheme
        iat=key.created_at // SECOND,
        exp=None if key.expires_at is None else key.expires_at // SECOND,
        iss=f"urn:keyconsole:{key.workspace_id}",
        scope=effective(row.scopes, row.integration_scopes).header.decode("ascii"),
    )
