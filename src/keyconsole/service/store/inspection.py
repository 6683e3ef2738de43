"""What `service check` finds in a database, whichever that is. It changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from keyconsole.service.store.revisions import HEAD


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and what is to be said of it."""

    name: str
    ok: bool | None
    """Nothing for what could not be looked at."""
    message: str
    warns: bool = False
    """Whether a person should read it although nothing is wrong."""


@dataclass(frozen=True, slots=True)
class RootUse:
    """What in the database hangs on a root key; `live_keys` are those that may authenticate."""

    id: str
    keys: int = 0
    live_keys: int = 0
    operator_tokens: int = 0
    audit_events: int = 0


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found, what hangs on which root, and the times that were written last."""

    findings: list[Finding]
    roots: list[RootUse]
    times: "WrittenTimes | None" = None
    """Nothing where the database could not be read."""
    wide_tokens: Sequence[str] = ()
    """Old operator tokens that reach several workspaces, each with its account."""


@dataclass(frozen=True, slots=True)
class WrittenTimes:
    """Times in milliseconds since 1970; 0 is never."""

    newest_event: int
    last_use: int
    heartbeat: int


def not_checked(name: str) -> Finding:
    """A finding about something that could not be looked at."""
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


def schema_finding(revision: str | None) -> Finding:
    """What is to be said of the revision of a database."""
    if revision == HEAD:
        return Finding("schema", ok=True, message=f"revision {revision}, as this version knows it")
    if revision is None:
        message = "The schema is not there: service init makes it."
    else:
        message = f"The schema is at {revision}, this version's at {HEAD}: service run migrates it."
    return Finding("schema", ok=False, message=message)


def guards_finding(count: int, missing: list[str]) -> Finding:
    """What is to be said of the guards of a database, some of which may be missing."""
    if not missing:
        return Finding("guards", ok=True, message=f"{count} triggers in place")
    names = ", ".join(missing)
    return Finding(
        "guards",
        ok=False,
        message=f"Missing or other than they were: {names}. Find out who did it.",
    )
