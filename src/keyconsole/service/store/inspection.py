"""The findings of `service check` about a database of either kind. It changes nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from keyconsole.service.store.damage import required_text
from keyconsole.service.store.revisions import HEAD


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check, and its sentence."""

    name: str
    ok: bool | None
    """None if it could not be checked."""
    message: str
    warns: bool = False
    """True if a person should read it although nothing is wrong."""


@dataclass(frozen=True, slots=True)
class RootUse:
    """The rows that were made with a root key; `live_keys` are those that may authenticate."""

    id: str
    keys: int = 0
    live_keys: int = 0
    operator_tokens: int = 0
    audit_events: int = 0


@dataclass(frozen=True, slots=True)
class Inspection:
    """The findings, the use of each root key, and the times that were written last."""

    findings: list[Finding]
    roots: list[RootUse]
    times: "WrittenTimes | None" = None
    """None if the database could not be read."""
    wide_tokens: Sequence[str] = ()
    """Old operator tokens that reach several workspaces, each with its account."""


@dataclass(frozen=True, slots=True)
class WrittenTimes:
    """Times in milliseconds since 1970; 0 is never."""

    newest_event: int
    last_use: int
    heartbeat: int


def not_checked(name: str) -> Finding:
    """Returns the finding about something that could not be checked."""
    return Finding(name, ok=None, message="not checked")


WIDE_TOKENS = """
    SELECT 'tok_' || t.pid || ' of ' || a.email
    FROM operator_tokens AS t JOIN accounts AS a ON a.id = t.account_id
    WHERE t.workspace_id IS NULL AND t.revoked_at IS NULL AND t.expiry_seen_at IS NULL
      AND (t.expires_at IS NULL OR t.expires_at > {now})
      AND (SELECT count(*) FROM memberships AS m WHERE m.account_id = t.account_id) > 1
    ORDER BY t.created_at, t.pid
"""
"""The query of `Inspection.wide_tokens`, for both databases."""


SEEN_ROOTS = "SELECT id FROM root_keys ORDER BY first_seen_at, id"
ROOT_USES = """
    SELECT root_id, 'keys', count(*) FROM api_keys GROUP BY root_id
    UNION ALL
    SELECT root_id, 'live_keys', count(*) FROM api_keys
    WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > {now}) GROUP BY root_id
    UNION ALL
    SELECT root_id, 'operator_tokens', count(*) FROM operator_tokens
    WHERE revoked_at IS NULL GROUP BY root_id
    UNION ALL
    SELECT root_id, 'audit_events', count(*) FROM audit_events GROUP BY root_id
"""
"""The queries of `root_uses`, for both databases."""

TIMES = """
    SELECT (SELECT max(at) FROM audit_events), (SELECT max(last_used_at) FROM api_keys),
           (SELECT heartbeat_at FROM clock_state)
"""
"""The query of `WrittenTimes`, for both databases; NULL is never."""


def root_uses(seen: Iterable[Sequence[Any]], counted: Iterable[Sequence[Any]]) -> list[RootUse]:
    """Returns the use of each root key, from the rows of `SEEN_ROOTS` and `ROOT_USES`."""
    found: dict[str, dict[str, int]] = {required_text(row[0]): {} for row in seen}
    for root, kind, count in counted:
        found.setdefault(required_text(root), {})[kind] = count
    return [RootUse(root, **counts) for root, counts in found.items()]


def schema_finding(revision: str | None) -> Finding:
    """Returns the finding about the revision of a database, which may be None."""
    if revision == HEAD:
        return Finding("schema", ok=True, message=f"revision {revision}, as this version knows it")
    if revision is None:
        message = "The schema is not there: service init makes it."
    else:
        message = f"The schema is at {revision}, this version's at {HEAD}: service run migrates it."
    return Finding("schema", ok=False, message=message)


def guards_finding(count: int, missing: list[str]) -> Finding:
    """Returns the finding about the guards of a database; `missing` names those not in place."""
    if not missing:
        return Finding("guards", ok=True, message=f"{count} triggers in place")
    names = ", ".join(missing)
    return Finding(
        "guards",
        ok=False,
        message=f"Missing or other than they were: {names}. Find out who did it.",
    )
