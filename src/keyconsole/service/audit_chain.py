r"""The keyed chain of hashes that the audit log of a workspace is.

`hash = HMAC-SHA-256(audit_key, "keyconsole/audit/1\0" previous hash "\0" canonical event)`:
whoever can write to the database but lacks the root key cannot rewrite history unnoticed. A cut
tail, or a rewrite by someone who has the key, shows against a checkpoint that is kept elsewhere.
"""

import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from keyconsole.service.ids import new_id
from keyconsole.service.rootkeys import RootKey, RootKeys
from keyconsole.service.store import audit
from keyconsole.service.store.audit import EventRecord
from keyconsole.service.store.engine import Connection

_LABEL = b"keyconsole/audit/1\0"
_CONTENT = tuple(name for name in EventRecord.__slots__ if name != "hash")
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


async def append(
    tx: Connection,
    root: RootKey,
    *,
    workspace_id: str,
    at: int,
    actor: str,
    action: str,
    target: str,
    target_name: str,
    request_id: str,
    integration_id: str | None = None,
    detail: Mapping[str, Any] | None = None,
    address: str | None = None,
) -> EventRecord:
    """Adds an event in the transaction of its change."""
    event = EventRecord(
        workspace_id=workspace_id,
        sequence=0,
        id=new_id("evt"),
        at=at,
        actor=actor,
        action=action,
        target=target,
        target_name=target_name,
        integration_id=integration_id,
        detail=canonical(detail or {}),
        request_id=request_id,
        root_id=root.id,
        hash="",
        address=address,
    )
    [event] = await extend(tx, root, [event])
    return event


async def extend(tx: Connection, root: RootKey, events: Sequence[EventRecord]) -> list[EventRecord]:
    """Adds one or more events of one workspace, in order; they get sequence and hash here."""
    sequence, previous = await audit.head(tx, events[0].workspace_id)
    chained = []
    for place, event in enumerate(events, sequence + 1):
        previous = _seal(root, _content(event) | {"sequence": place}, previous)
        chained.append(replace(event, sequence=place, hash=previous))
    await audit.extend(tx, chained)
    return chained


def canonical(detail: Mapping[str, Any]) -> str:
    """Returns the detail of an event as JSON, in the form in which it is stored and hashed."""
    return _encode(detail)


def hash_of(root: RootKey, event: EventRecord, previous: str) -> str:
    """Returns the hash that chains an event to the one before it, in hex."""
    return _seal(root, _content(event), previous)


def _content(event: EventRecord) -> dict[str, Any]:
    return {name: getattr(event, name) for name in _CONTENT}


def _seal(root: RootKey, content: dict[str, Any], previous: str) -> str:
    message = b"%b%b\0%b" % (_LABEL, previous.encode(), _encode(content).encode())
    return hmac.digest(root.audit_key, message, "sha256").hex()


@dataclass(slots=True)
class ChainVerifier:
    """Checks a chain, event by event, from one that is known to be good."""

    roots: RootKeys
    verified: int = 0
    head: str = ""
    first_broken: int | None = None

    def follow(self, events: Iterable[EventRecord]) -> bool:
        """Checks the next events; returns true if all of them follow."""
        for event in events:
            if not self._follows(event):
                self.first_broken = self.verified + 1
                return False
            self.verified, self.head = event.sequence, event.hash
        return True

    def _follows(self, event: EventRecord) -> bool:
        if event.sequence != self.verified + 1 or event.root_id not in self.roots:
            return False
        if event.is_damaged:
            return False
        expected = hash_of(self.roots[event.root_id], event, self.head)
        # As bytes: what somebody wrote over a hash need not be ASCII.
        return hmac.compare_digest(expected.encode(), event.hash.encode())
