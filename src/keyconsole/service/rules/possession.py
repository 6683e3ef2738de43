"""Revocation by possession (RFC 7009): whoever finds a key can end it, and learns nothing."""

from keyconsole import credential
from keyconsole.credential import Kind, MalformedCredentialError
from keyconsole.service.rules import audit
from keyconsole.service.runtime import Runtime
from keyconsole.service.store import keys
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.keys import KeyRecord
from keyconsole.wire import RevokeReason

ACTOR = "whoever holds the key"


async def revoke_presented(runtime: Runtime, text: str, request_id: str) -> None:
    """Revoke the key whose secret `text` is; anything else changes nothing.

    Once this has returned, no verification of that key that starts later succeeds.
    """
    try:
        presented = credential.parse(text)
    except MalformedCredentialError:
        return
    if presented.kind is not Kind.API_KEY:
        return
    verdict = await runtime.verifier.verify(presented.pid, credential.digest(text))
    if verdict.row is None:
        return
    async with runtime.store.write() as tx:
        key = await keys.find(tx, presented.pid, [verdict.row.workspace_id])
        if key is not None and key.revoked_at is None:
            await _revoke(tx, runtime, key, request_id)


async def _revoke(tx: Connection, runtime: Runtime, key: KeyRecord, request_id: str) -> None:
    event = await audit.append(
        tx,
        runtime.roots.newest,
        workspace_id=key.workspace_id,
        at=runtime.clock(),
        actor=ACTOR,
        action="key.revoked",
        target=key.public_key,
        target_name=key.label,
        request_id=request_id,
        integration_id=key.integration_id,
        detail={
            "reason": RevokeReason.UNSPECIFIED,
            "incident": None,
            "note": None,
            "via": "possession",
            "process": runtime.process,
        },
    )
    await keys.update(
        tx,
        key.pid,
        key.workspace_id,
        {
            "revoked_at": event.at,
            "revoked_by": event.actor,
            "revoke_reason": RevokeReason.UNSPECIFIED,
            "revoked_sequence": event.sequence,
        },
    )
