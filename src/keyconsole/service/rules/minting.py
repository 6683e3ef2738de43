"""Creating a key: twice does not create two, and does not lose the secret.

The secret is derived from the root, the pid and the caller's nonce, so the same request gives
the same secret again while its window is open, and nothing of it is ever stored.
"""

import hashlib
import hmac
import json
import re
from typing import Any

from keyconsole import credential, labels, safetext
from keyconsole.credential import Credential, Kind, abbreviate
from keyconsole.errors import problem
from keyconsole.service.clock import MINUTE, told
from keyconsole.service.rootkeys import RootKey
from keyconsole.service.rules import audit
from keyconsole.service.rules.calls import Call, find_integration, not_found
from keyconsole.service.rules.fields import Findings
from keyconsole.service.rules.integrations import not_configured
from keyconsole.service.rules.keys import answer, refuse_taken_label
from keyconsole.service.store import keys as store
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.keys import IdempotencyRecord
from keyconsole.service.verification.verifier import verifier_of
from keyconsole.wire import IntegrationStatus, KeyCreate, Permission

REPLAY_WINDOW = 10 * MINUTE

_LABEL = b"keyconsole/mint/1\0"
_NONCE = re.compile(r"[A-Za-z0-9_-]{22,128}")


class Minted:
    """The answer to a create: the key as JSON, its secret, and whether it was given before."""

    __slots__ = ("key_json", "replayed", "secret")

    def __init__(self, key_json: str, secret: str, *, replayed: bool) -> None:
        self.key_json = key_json
        self.secret = secret
        self.replayed = replayed


def check_nonce(header: str | None) -> str:
    """The `Idempotency-Key`; raises `idempotency-key-required`."""
    if header is None or _NONCE.fullmatch(header) is None:
        raise problem(
            "idempotency-key-required",
            "Send an Idempotency-Key: 22 to 128 characters of A-Z a-z 0-9 _ -.",
        )
    return header


async def create_key(call: Call, integration_id: str, asked: KeyCreate, nonce: str) -> Minted:
    """A new key, or the answer that the same request got before."""
    request_hash = hashlib.sha256(f"{call.actor.account.id}\0{nonce}".encode()).digest()
    creating = call.runtime.creating
    if request_hash in creating:
        raise problem("idempotency-in-progress", "The first request is still running.")
    creating.add(request_hash)
    try:
        async with call.runtime.store.write() as tx:
            earlier = await store.find_request(tx, request_hash)
            fingerprint = _fingerprint(integration_id, asked)
            if earlier is not None:
                return await _replay(tx, call, earlier, fingerprint, nonce)
            return await _create(tx, call, integration_id, asked, nonce, request_hash)
    finally:
        creating.discard(request_hash)


def secret_of(root: RootKey, pid: str, nonce: str) -> Credential:
    """The secret that this root gives this pid and nonce."""
    message = b"%b%b\0%b" % (_LABEL, pid.encode(), nonce.encode())
    return credential.assemble(Kind.API_KEY, pid, hmac.digest(root.mint_key, message, "sha256"))


async def _create(
    tx: Connection,
    call: Call,
    integration_id: str,
    asked: KeyCreate,
    nonce: str,
    request_hash: bytes,
) -> Minted:
    now = call.now()
    integration = await find_integration(tx, call, integration_id, Permission.KEYS_CREATE)
    findings = Findings()
    label = findings.name("label", asked.label, "A label")
    values: dict[str, Any] = {
        "label": label,
        "label_skeleton": safetext.skeleton(label),
        "label_look": labels.look(label),
        "expires_at": findings.future("expires_at", asked.expires_at, now),
        "allowed_ips": findings.allowed_ips(asked.allowed_ips),
        "metadata": findings.metadata(asked.metadata),
    }
    findings.settle()
    if integration.status is not IntegrationStatus.CONFIGURED:
        raise not_configured(integration)
    await refuse_taken_label(tx, integration_id, label, now)

    root = call.runtime.roots.newest
    pid = credential.new_pid()
    secret = secret_of(root, pid, nonce).text
    values |= {
        "pid": pid,
        "integration_id": integration.id,
        "workspace_id": integration.workspace_id,
        "root_id": root.id,
        "verifier": verifier_of(root.verify_key, pid, integration.id, credential.digest(secret)),
        "created_at": now,
        "created_by": call.actor.name,
        "version": 1,
    }
    await store.add(tx, values)
    await audit.record(
        tx,
        call,
        "key.created",
        workspace_id=integration.workspace_id,
        target=credential.public_key(pid),
        target_name=label,
        integration_id=integration.id,
        detail={
            "expires_at": told(values["expires_at"]),
            "allowed_ips": values["allowed_ips"],
            "metadata": values["metadata"],
        },
    )
    created = await store.find(tx, pid, [integration.workspace_id])
    if created is None:
        raise not_found()
    key_json = json.dumps(answer(created, now).model_dump(mode="json"), separators=(",", ":"))
    await store.add_request(
        tx,
        IdempotencyRecord(request_hash, _fingerprint(integration_id, asked), pid, key_json, now),
    )
    return Minted(key_json, secret, replayed=False)


async def _replay(
    tx: Connection, call: Call, earlier: IdempotencyRecord, fingerprint: bytes, nonce: str
) -> Minted:
    if not hmac.compare_digest(earlier.fingerprint, fingerprint):
        raise problem(
            "idempotency-key-reused",
            "This Idempotency-Key belongs to a request that said something else.",
        )
    key = await store.find(tx, earlier.pid, call.actor.workspaces)
    if key is None:
        raise not_found()
    call.actor.require(Permission.KEYS_CREATE, key.workspace_id)
    expired = call.now() - earlier.created_at >= REPLAY_WINDOW
    if expired or key.confirmed or key.is_revoked(call.now()):
        raise problem(
            "secret-already-issued",
            f"This request made {abbreviate(key.public_key)}, whose secret was issued and is not "
            "given again. If nobody has it, revoke that key and create another.",
            public_key=key.public_key,
        )
    secret = secret_of(call.runtime.roots[key.root_id], key.pid, nonce).text
    return Minted(earlier.answer, secret, replayed=True)


def _fingerprint(integration_id: str, asked: KeyCreate) -> bytes:
    payload = asked.model_dump(mode="json") | {"integration_id": integration_id}
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).digest()
