"""Writing the story: one transaction, real verifiers, and the keyed chain of the audit log."""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from keyconsole.core import credential
from keyconsole.demo.happenings import REVOKED, Happening
from keyconsole.demo.people import ANA, address
from keyconsole.demo.plan import moment, seeded
from keyconsole.demo.rows import MadeKey
from keyconsole.demo.signins import INVITED, TOKENS, token_row
from keyconsole.demo.story import SEED, Story, tell
from keyconsole.service.audit_chain import hash_of
from keyconsole.service.rootkeys import RootKey
from keyconsole.service.rules.minting import secret_of
from keyconsole.service.runtime import Runtime
from keyconsole.service.store import (
    accounts,
    audit,
    integrations,
    invitations,
    keys,
    refusals,
    tokens,
    usage,
)
from keyconsole.service.store.audit import EventRecord
from keyconsole.service.store.engine import Connection
from keyconsole.service.verification.verifier import verifier_of

_NONCE = "demo-{}-00000000"


async def write_history(runtime: Runtime, workspace_id: str, now: int) -> list[MadeKey]:
    """Write the story of a new workspace until `now`; its keys.

    What takes thought happens in a thread, so that whoever waits can draw meanwhile.
    """
    root = runtime.roots.newest
    async with runtime.store.write() as tx:
        head = await audit.head(tx, workspace_id)
        story, written = await asyncio.to_thread(_compose, root, workspace_id, head, now)
        await _add_members(tx, workspace_id, story)
        await _add_sign_ins(tx, root, workspace_id, story, now)
        await integrations.add_all(tx, story.integrations)
        await keys.add_all(tx, written.keys)
        await audit.extend(tx, written.events)
        await usage.fill(
            tx,
            [row for key in written.order for row in key.use.hours],
            [row for key in written.order for row in key.use.sources],
            [row for key in written.order for row in key.use.days],
        )
        await refusals.add(tx, [row for key in written.order for row in key.use.refusals])
    return story.keys


def nonce_of(pid: str) -> str:
    """The nonce a sample key was asked for with: with the root key it gives its secret."""
    return _NONCE.format(pid)


@dataclass(frozen=True, slots=True)
class _Written:
    """Rows that are ready: `order` is by pid, as the tables of use are."""

    keys: list[dict[str, Any]]
    events: list[EventRecord]
    order: list[MadeKey]


def _compose(
    root: RootKey, workspace_id: str, head: tuple[int, str], now: int
) -> tuple[Story, _Written]:
    story = tell(workspace_id, now)
    events = _chain(root, workspace_id, head, story.happenings)
    revocations = {event.target: event for event in events if event.action == REVOKED}
    changes = Counter(each.target for each in story.happenings if each.is_change)
    columns = [
        _columns(root, key, changes[public], revocations.get(public))
        for key in story.keys
        for public in [credential.public_key(key.pid)]
    ]
    order = sorted(story.keys, key=lambda key: key.pid)
    return story, _Written(columns, events, order)


async def _add_members(tx: Connection, workspace_id: str, story: Story) -> None:
    """Accounts stay when their people go; memberships do not."""
    for member in story.members:
        person = member.person
        await accounts.add_account(
            tx, member.account_id, person.email, person.name, member.joined_at
        )
        if person.left is None:
            await accounts.add_membership(
                tx, member.account_id, workspace_id, person.role, member.joined_at
            )


async def _add_sign_ins(
    tx: Connection, root: RootKey, workspace_id: str, story: Story, now: int
) -> None:
    """The tokens, which are nobody's to use, and an invitation."""
    chance = seeded(f"tokens of {SEED}")

    def pid() -> str:
        return "".join(chance.choices(credential.CROCKFORD, k=credential.PID_LENGTH))

    people = {each.person.email: each.account_id for each in story.members}
    people[ANA] = await accounts.find_account_id(tx, ANA) or ""
    for sample in TOKENS:
        account_id = people[address(sample.whose)]
        await tokens.add(tx, token_row(root, pid(), sample, account_id, workspace_id, now))
    email, role, age = INVITED
    invited, since = f"acc_{pid()}", moment(now, age)
    await accounts.add_account(tx, invited, email, email.partition("@")[0], since)
    await invitations.add(
        tx, f"inv_{pid()}", invited, workspace_id, role=role, invited_by=ANA, now=since
    )


def _chain(
    root: RootKey, workspace_id: str, head: tuple[int, str], happenings: list[Happening]
) -> list[EventRecord]:
    chance = seeded(SEED)
    written, previous = head
    events = []
    for sequence, happening in enumerate(happenings, written + 1):
        event = EventRecord(
            workspace_id=workspace_id,
            sequence=sequence,
            id=f"evt_{''.join(chance.choices(credential.CROCKFORD, k=credential.PID_LENGTH))}",
            at=happening.at,
            actor=happening.actor,
            action=happening.action,
            target=happening.target,
            target_name=happening.target_name,
            integration_id=happening.integration_id,
            detail=json.dumps(happening.detail, sort_keys=True, separators=(",", ":")),
            request_id=f"req_{chance.getrandbits(64):016x}-{sequence}",
            root_id=root.id,
            hash="",
        )
        event = replace(event, hash=hash_of(root, event, previous))
        previous = event.hash
        events.append(event)
    return events


def _columns(
    root: RootKey, key: MadeKey, changes: int, revocation: EventRecord | None
) -> dict[str, Any]:
    secret = secret_of(root, key.pid, nonce_of(key.pid)).text
    digest = credential.digest(secret)
    revoked = key.sample.revoked
    return key.columns | {
        "root_id": root.id,
        "verifier": verifier_of(root.verify_key, key.pid, key.integration.id, digest),
        "version": 1 + changes,
        "revoked_at": revocation and revocation.at,
        "revoked_by": revocation and revocation.actor,
        "revoke_reason": revoked and revoked.reason,
        "incident": revoked and revoked.incident,
        "revoked_sequence": revocation and revocation.sequence,
    }
