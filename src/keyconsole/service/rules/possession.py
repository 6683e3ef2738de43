"""Revocation by possession (RFC 7009): whoever finds a key can end it, and learns nothing."""

from keyconsole.core import credential
from keyconsole.core.credential import Kind, MalformedCredentialError
from keyconsole.service.rules.context import RequestContext
from keyconsole.service.rules.principals import Principal
from keyconsole.service.rules.revocation import Grounds, revoke
from keyconsole.service.runtime import Runtime
from keyconsole.service.store import keys

ACTOR = "whoever holds the key"


async def revoke_presented(
    runtime: Runtime, text: str, request_id: str, address: str | None
) -> None:
    """Revokes the key whose secret `text` is; anything else changes nothing.

    Once this has returned, no verification of that key that starts later succeeds.
    """
    try:
        presented = credential.parse(text)
    except MalformedCredentialError:
        return
    if presented.kind is not Kind.API_KEY:
        return
    context = RequestContext(runtime, Principal.named(ACTOR), request_id, address)
    verdict = await runtime.verifier.verify(presented.pid, credential.digest(text))
    if verdict.row is None:
        return
    async with runtime.store.write([verdict.row.workspace_id]) as tx:
        key = await keys.find(tx, presented.pid, [verdict.row.workspace_id])
        if key is not None and key.revoked_at is None:
            await revoke(tx, context, key, Grounds(via="possession"))
