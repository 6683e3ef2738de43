"""Creating a key: twice does not create two, and does not lose the secret.

The secret is derived from the root, the pid and the caller's nonce, so the same request gives
the same secret again while its window is open, and nothing of it is ever stored.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from keyconsole.core import credential, labels, limits, safetext
from keyconsole.core.credential import Credential, Kind, abbreviate
from keyconsole.core.credentialtext import examined
from keyconsole.core.errors import field_problem, problem
from keyconsole.service.clock import DAY, MINUTE, told
from keyconsole.service.rootkeys import RootKey
from keyconsole.service.rules import audit, key_limits, key_scopes, owners, settings
from keyconsole.service.rules.context import RequestContext, find_integration, find_key
from keyconsole.service.rules.fields import FieldErrors
from keyconsole.service.rules.integrations import not_configured
from keyconsole.service.rules.keys import refuse_taken_label, to_wire
from keyconsole.service.rules.owners import CREATOR, Owner
from keyconsole.service.store import decisions
from keyconsole.service.store import keys as store
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.integrations import IntegrationRecord
from keyconsole.service.store.keys import IdempotencyRecord, KeyRecord
from keyconsole.service.verification.verifier import verifier_of
from keyconsole.wire import ExpiryFrom, IntegrationStatus, KeyCreate, Permission, WorkspaceSettings

REPLAY_WINDOW = 10 * MINUTE

_LABELS = {
    Kind.API_KEY: b"keyconsole/mint/1\0",
    Kind.OPERATOR_TOKEN: b"keyconsole/mint-token/1\0",
}
_NONCE = re.compile(r"[A-Za-z0-9_-]{22,128}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A new key that is asked for, checked. `replaces` is the pid of the key it takes over from."""

    label: str
    expires_at: int | None = None
    expiry_from: ExpiryFrom | None = None
    allowed_ips: list[str] | None = None
    metadata: dict[str, str] | None = None
    scopes: list[str] | None = None
    limits: dict[str, Any] | None = None
    owner: Owner = CREATOR
    replaces: str | None = None
    is_examined: bool = True
    """True if the label and the metadata are known to hold no credential."""


class Minted:
    """The answer to a create: the key as JSON, its secret, and whether it was given before."""

    __slots__ = ("key_json", "pid", "replayed", "secret")

    def __init__(self, pid: str, key_json: str, secret: str, *, replayed: bool) -> None:
        self.pid = pid
        self.key_json = key_json
        self.secret = secret
        self.replayed = replayed


def check_nonce(header: str | None) -> str:
    """Returns the `Idempotency-Key`; raises `idempotency-key-required`."""
    if header is None or _NONCE.fullmatch(header) is None:
        raise problem(
            "idempotency-key-required",
            "Send an Idempotency-Key: 22 to 128 characters of A-Z a-z 0-9 _ -.",
        )
    return header


async def create_key(
    context: RequestContext, integration_id: str, asked: KeyCreate, nonce: str
) -> Minted:
    """Creates a key, or returns the answer that the same request got before."""

    async def make(tx: Connection) -> Minted:
        integration = await find_integration(tx, context, integration_id, Permission.KEYS_CREATE)
        policy = await settings.settings_in(tx, integration.workspace_id)
        errors = FieldErrors()
        expires_at = errors.future("expires_at", asked.expires_at, context.now())
        expiry_from: ExpiryFrom | None = ExpiryFrom.REQUEST
        if "expires_at" not in asked.model_fields_set:
            expires_at, expiry_from = expiry_by_policy(policy, integration, context.now())
        wanted = Wanted(
            label=errors.name("label", asked.label, "A label"),
            expires_at=expires_at,
            expiry_from=expiry_from,
            allowed_ips=errors.allowed_ips(asked.allowed_ips),
            metadata=errors.metadata(asked.metadata),
            scopes=key_scopes.checked(errors, asked.scopes, integration.scopes),
            limits=key_limits.checked(errors, asked, limits.NONE).stored,
            owner=await owners.checked(
                tx, errors, asked.owner, integration.workspace_id, context.principal.name
            ),
        )
        errors.raise_if_any()
        return await mint(tx, context, integration, policy, wanted, nonce)

    payload = asked.model_dump(mode="json") | {"integration_id": integration_id}
    if asked.expires_at is None and "expires_at" in asked.model_fields_set:
        payload["expires_at"] = "never"  # which is another request than to leave it open
    return await once(context, nonce, payload, make)


async def once(
    context: RequestContext,
    nonce: str,
    payload: Mapping[str, Any],
    make: Callable[[Connection], Awaitable[Minted]],
) -> Minted:
    """Returns what `make` mints in one transaction, or the answer to the same request before."""
    request_hash = hashlib.sha256(f"{context.principal.account.id}\0{nonce}".encode()).digest()
    fingerprint = fingerprint_of(payload)
    creating = context.runtime.creating
    if request_hash in creating:
        raise problem("idempotency-in-progress", "The first request is still running.")
    creating.add(request_hash)
    try:
        async with context.runtime.store.write(context.principal.workspaces) as tx:
            earlier = await store.find_request(tx, request_hash)
            if earlier is None:
                minted = await make(tx)
                await store.add_request(
                    tx,
                    IdempotencyRecord(
                        request_hash, fingerprint, minted.pid, minted.key_json, context.now()
                    ),
                )
                return minted
            refuse_other_request(earlier.fingerprint, fingerprint)
            key = await find_key(tx, context, earlier.pid, Permission.KEYS_CREATE)
            if not _is_closed(earlier, key, context.now()):
                secret = secret_of(context.runtime.roots[key.root_id], key.pid, nonce).text
                return Minted(key.pid, earlier.answer, secret, replayed=True)
            if context.is_clock_right():
                await decisions.close_replay(tx, request_hash, context.now())
    finally:
        creating.discard(request_hash)
    raise problem(
        "secret-already-issued",
        f"This request made {abbreviate(key.public_key)}, whose secret was issued and is not "
        "given again. If nobody has it, revoke that key and create another.",
        public_key=key.public_key,
    )


def is_window_over(created_at: int, now: int) -> bool:
    """Returns true for a request that is too old to be answered again, or ahead of the clock.

    Its time may be a little later than the clock of another machine, and no more.
    """
    return abs(now - created_at) >= REPLAY_WINDOW


def secret_of(root: RootKey, pid: str, nonce: str, kind: Kind = Kind.API_KEY) -> Credential:
    """Returns the secret that this root gives this pid and nonce."""
    message = b"%b%b\0%b" % (_LABELS[kind], pid.encode(), nonce.encode())
    return credential.assemble(kind, pid, hmac.digest(root.mint_key, message, "sha256"))


def fingerprint_of(payload: Mapping[str, Any]) -> bytes:
    """Returns the SHA-256 of a request, by which its repetition is known."""
    return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).digest()


def refuse_other_request(earlier: bytes, fingerprint: bytes) -> None:
    """Raises `idempotency-key-reused` for another request than the earlier one."""
    if not hmac.compare_digest(earlier, fingerprint):
        raise problem(
            "idempotency-key-reused",
            "This Idempotency-Key belongs to a request that said something else.",
        )


async def mint(
    tx: Connection,
    context: RequestContext,
    integration: IntegrationRecord,
    policy: WorkspaceSettings,
    wanted: Wanted,
    nonce: str,
) -> Minted:
    """Creates a key with its audit event, in the transaction of the caller."""
    now = context.now()
    _refuse_against_policy(policy, integration, wanted, now)
    if integration.status is not IntegrationStatus.CONFIGURED:
        raise not_configured(integration)
    await refuse_taken_label(tx, integration.id, wanted.label, now)

    root = context.runtime.roots.newest
    pid = credential.new_pid()
    secret = secret_of(root, pid, nonce).text
    values: dict[str, Any] = {
        "label": wanted.label,
        "label_skeleton": safetext.skeleton(wanted.label),
        "label_look": labels.look(wanted.label),
        "names_examined": (
            examined.mark(wanted.label, wanted.metadata) if wanted.is_examined else None
        ),
        "expires_at": wanted.expires_at,
        "expiry_from": wanted.expiry_from,
        "allowed_ips": wanted.allowed_ips,
        "metadata": wanted.metadata,
        "scopes": wanted.scopes,
        "limits": wanted.limits,
        **wanted.owner.columns,
        "replaces": wanted.replaces,
        "pid": pid,
        "integration_id": integration.id,
        "workspace_id": integration.workspace_id,
        "root_id": root.id,
        "verifier": verifier_of(root.verify_key, pid, integration.id, credential.digest(secret)),
        "created_at": now,
        "created_by": context.principal.name,
        "version": 1,
    }
    created = await store.add(
        tx,
        values,
        integration_name=integration.name,
        integration_scopes=integration.scopes,
        max_age_days=settings.max_age_days(policy, integration),
        warning_days=policy.warning_days,
    )
    more: dict[str, Any] = dict(wanted.limits or {})
    if wanted.replaces:
        more["replaces"] = credential.public_key(wanted.replaces)
    if wanted.expiry_from is ExpiryFrom.POLICY:
        more["expiry_from"] = str(wanted.expiry_from)
    if wanted.owner.name is not None:
        more["owner"] = wanted.owner.name
    await audit.record(
        tx,
        context,
        "key.created",
        workspace_id=integration.workspace_id,
        target=credential.public_key(pid),
        target_name=wanted.label,
        integration_id=integration.id,
        detail={
            "expires_at": told(wanted.expires_at),
            "allowed_ips": wanted.allowed_ips,
            "metadata": wanted.metadata,
            "scopes": wanted.scopes,
        }
        | more,
    )
    key_json = json.dumps(to_wire(created, now).model_dump(mode="json"), separators=(",", ":"))
    return Minted(pid, key_json, secret, replayed=False)


def expiry_by_policy(
    policy: WorkspaceSettings, integration: IntegrationRecord, now: int
) -> tuple[int | None, ExpiryFrom | None]:
    """Returns when a key expires for which nobody says when, in ms, and what decides it."""
    days = settings.default_expiry(policy, integration)
    return (None, None) if days is None else (now + days * DAY, ExpiryFrom.POLICY)


def _refuse_against_policy(
    policy: WorkspaceSettings, integration: IntegrationRecord, wanted: Wanted, now: int
) -> None:
    settings.refuse_label(policy, wanted.label)
    if wanted.expires_at is None:
        return
    days = settings.max_age_days(policy, integration)
    if days is not None and wanted.expires_at > now + days * DAY + MINUTE:
        sentence = f"Keys live for at most {days} days here."
        raise field_problem("expires_at", "beyond-policy", sentence)


def _is_closed(earlier: IdempotencyRecord, key: KeyRecord, now: int) -> bool:
    """Returns true if the secret is not given again: by now, or by an earlier decision."""
    is_over = earlier.replay_closed_at is not None or is_window_over(earlier.created_at, now)
    return is_over or key.confirmed or key.is_revoked(now)
