"""The selection of a bulk revoke: its keys, and a hash by which they are known again."""

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from keyconsole import wire
from keyconsole.core import durations
from keyconsole.core.credential import DIGEST_PATTERN, MalformedCredentialError, pid_of
from keyconsole.core.errors import UsageError, field_problem, problem
from keyconsole.core.queries.keys import KeyQuery
from keyconsole.core.usestate import AHEAD_SECONDS, RECENT_SECONDS
from keyconsole.service.clock import SECOND, optional_moment
from keyconsole.service.rules.context import RequestContext, find_integration
from keyconsole.service.rules.fields import FieldErrors
from keyconsole.service.rules.keylists import parse_query
from keyconsole.service.store import integrations
from keyconsole.service.store import revocations as store
from keyconsole.service.store.engine import Connection
from keyconsole.service.store.keys import KeyRecord
from keyconsole.service.store.selection import KeyScope

_NOT_REVOKED = (wire.KeyStatus.ACTIVE, wire.KeyStatus.DISABLED, wire.KeyStatus.EXPIRED)
_AT_ONCE = 200
"""Verifiers asked about together: on a network they go out as one."""


@dataclass(frozen=True, slots=True)
class Selected:
    """The keys that are meant, by pid, and those of a list that are not."""

    keys: Sequence[KeyRecord]
    now: int
    already: Sequence[str] = ()
    unknown: Sequence[str] = ()
    mismatched: Sequence[str] = ()
    emptied: Sequence[str] = field(default=())

    @property
    def hash(self) -> str:
        """The hash of the keys and their labels, in hex."""
        hashed = hashlib.sha256()
        for key in self.keys:
            hashed.update(f"{key.pid}\0{key.label}\0".encode())
        return hashed.hexdigest()

    def _is_used(self, key: KeyRecord) -> bool:
        ago = self.now - key.last_used_at
        return -AHEAD_SECONDS * SECOND <= ago < RECENT_SECONDS * SECOND

    def to_wire(self) -> wire.Selection:
        """Returns the answer of a dry run."""
        return wire.Selection(
            count=len(self.keys),
            selection_hash=self.hash,
            in_use=sum(map(self._is_used, self.keys)),
            emptied=list(self.emptied),
            keys=[
                wire.SelectedKey(
                    public_key=key.public_key,
                    label=key.label,
                    integration_id=key.integration_id,
                    integration_name=key.integration_name,
                    status=key.status(self.now),
                    last_used_at=optional_moment(key.last_used_at),
                )
                for key in sorted(self.keys, key=lambda key: (-key.last_used_at, key.pid))
            ],
            already=list(self.already),
            unknown=list(self.unknown),
            mismatched=list(self.mismatched),
        )


async def select(context: RequestContext, asked: wire.RevocationRequest) -> Selected:
    """Returns the keys of a request now. Raises `request-invalid` and `selection-too-large`."""
    if sum(each is not None for each in (asked.query, asked.selector, asked.keys)) != 1:
        raise problem("request-invalid", "Say which keys: by a query, or one by one.")
    workspaces = context.principal.workspaces_with(wire.Permission.KEYS_REVOKE)
    await context.runtime.recorder.catch_up()
    if asked.keys is not None:
        return await _listed(context, workspaces, asked.keys)
    which = KeyScope(
        workspaces=workspaces,
        now=context.now(),
        query=parse_query(asked.query) if asked.selector is None else _query_of(asked.selector),
        integration_id=None if asked.selector is None else asked.selector.integration,
        among=_NOT_REVOKED,
    )
    if not which.query and which.integration_id is None:
        raise problem("request-invalid", "An empty query would be every key: say which ones.")
    return await _matching(context, which)


async def _matching(context: RequestContext, which: KeyScope) -> Selected:
    async with context.runtime.store.search() as tx:
        if which.integration_id is not None:
            await find_integration(tx, context, which.integration_id, wire.Permission.KEYS_REVOKE)
        keys = await store.select(tx, which, wire.MOST_KEYS + 1)
        if len(keys) > wire.MOST_KEYS:
            raise problem(
                "selection-too-large",
                f"This means more than {wire.MOST_KEYS:,} keys: narrow it and go in parts.",
            )
        return Selected(keys, which.now, emptied=await _emptied(tx, keys, which.now))


def _query_of(selector: wire.KeySelector) -> KeyQuery:
    """Returns the query that means what a selector does; raises `request-invalid`."""
    try:
        unused = selector.unused_for
        length = None if unused is None else durations.duration(unused, "unused_for")
    except UsageError as error:
        raise field_problem("selector.unused_for", "span", error.message) from None
    return KeyQuery(
        label=selector.label,
        created_by=selector.created_by,
        unused_for=length,
        created_from=selector.created_after,
        created_before=selector.created_before,
    )


async def _listed(
    context: RequestContext, workspaces: Sequence[str], targets: Sequence[wire.RevocationTarget]
) -> Selected:
    wanted = _parsed(targets)
    now = context.now()
    async with context.runtime.store.read() as tx:
        known = await store.known(tx, list(wanted), workspaces)
    wrong = await _mismatched(context, {pid: wanted[pid] for pid in known})
    meant = [pid for pid in known if pid not in wrong]
    async with context.runtime.store.read() as tx:
        keys = await store.select_named(tx, meant, workspaces, now)
        emptied = await _emptied(tx, keys, now)
    selected = {key.pid for key in keys}
    return Selected(
        keys,
        now,
        already=_public(pid for pid in meant if pid not in selected),
        unknown=_public(pid for pid in wanted if pid not in known),
        mismatched=_public(wrong),
        emptied=emptied,
    )


def _parsed(targets: Sequence[wire.RevocationTarget]) -> dict[str, Sequence[bytes]]:
    """Returns the digests of each pid; none for a pid that came without, which is enough."""
    errors = FieldErrors()
    wanted: dict[str, list[bytes] | None] = {}
    for place, target in enumerate(targets):
        try:
            pid = pid_of(target.public_key)
        except MalformedCredentialError:
            errors.add(f"keys.{place}.public_key", "public-key", "A public key is kcp_ and 16.")
            continue
        if target.digest is None:
            wanted[pid] = None
        elif DIGEST_PATTERN.fullmatch(target.digest) is None:
            errors.add(f"keys.{place}.digest", "digest", "A digest is 64 lower-case hex digits.")
        elif (digests := wanted.setdefault(pid, [])) is not None:
            digests.append(bytes.fromhex(target.digest))
    errors.raise_if_any()
    return {pid: digests or () for pid, digests in wanted.items()}


async def _mismatched(context: RequestContext, wanted: dict[str, Sequence[bytes]]) -> list[str]:
    """Returns the pids that came with digests only, none of which is that of the key."""
    asked = [(pid, digest) for pid, digests in wanted.items() for digest in digests]
    right: set[str] = set()
    for start in range(0, len(asked), _AT_ONCE):
        part = asked[start : start + _AT_ONCE]
        verdicts = await asyncio.gather(*(context.runtime.verifier.verify(*each) for each in part))
        right |= {
            pid for (pid, _), verdict in zip(part, verdicts, strict=True) if verdict.row is not None
        }
    return [pid for pid, digests in wanted.items() if digests and pid not in right]


async def _emptied(tx: Connection, keys: Sequence[KeyRecord], now: int) -> list[str]:
    """Returns the names of the integrations that would have no active key left."""
    lost: dict[str, int] = {}
    names = {}
    for key in keys:
        if key.status(now) is wire.KeyStatus.ACTIVE:
            lost[key.integration_id] = lost.get(key.integration_id, 0) + 1
            names[key.integration_id] = key.integration_name
    counts = await integrations.key_counts(tx, list(lost), now)
    return sorted(names[each] for each, count in lost.items() if counts[each].active <= count)


def _public(pids: Iterable[str]) -> list[str]:
    return [f"kcp_{pid}" for pid in pids]
