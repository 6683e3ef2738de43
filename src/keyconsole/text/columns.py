"""The columns of every list, defined once for the console, the commands and the exported files.

A new column of a list is a line here. The console draws the columns that have a `width`, a command
writes those that are `in_table`, and `export_files` names those of a file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from keyconsole.core import ages
from keyconsole.core.networks import allows
from keyconsole.core.queries.events import ACTIONS
from keyconsole.core.usestate import use_state
from keyconsole.text import attention, members, rotations, times
from keyconsole.text.events import RED, change_of, is_bulk
from keyconsole.text.glyphs import spark, status_run
from keyconsole.text.integrations import needs
from keyconsole.text.keys import short_name, status_of, status_word
from keyconsole.text.labels import WORDS, marked
from keyconsole.text.runs import plain
from keyconsole.text.series import begins
from keyconsole.text.usage import is_new, refused_run, why

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from keyconsole.text.reports import AgeCounts
    from keyconsole.text.runs import Line
    from keyconsole.text.series import Step
    from keyconsole.wire import (
        AttentionItem,
        AuditedKey,
        AuditEvent,
        Integration,
        Invitation,
        Key,
        Member,
        Refusal,
        Review,
        RevokedKey,
        Rotation,
        SelectedKey,
        Token,
        UsagePart,
        UsageSource,
    )

RowT = TypeVar("RowT")
Value: TypeAlias = "str | int | datetime | None"

LONG_UNUSED_DAYS = 90


@dataclass(frozen=True, slots=True)
class Column(Generic[RowT]):
    """A column of a list.

    `value` is what a table says, `filed` what a file holds where that is more exact, and `line`
    how the console draws it, seen from a moment; without it the console draws the value in the
    role `role`. `absent` stands for no value.

    `width` and `most` are cells, no width is no column in the console. Where a list is narrow, the
    columns leave in the order of `leaves` (1 first, 0 never). `short` is drawn in `short_width`
    cells before the last ones leave, and a `whole` column is cut last. `is_name` is drawn bold
    under the cursor, and a column that `leads` is the first in a table, where scripts look for it.
    """

    name: str
    title: str
    value: Callable[[RowT], Value]
    line: Callable[[RowT, datetime], Line] | None = None
    width: int = 0
    most: int = 0
    leaves: int = 0
    role: str = "dim"
    absent: str = "–"
    right: bool = False
    whole: bool = False
    is_name: bool = False
    leads: bool = False
    in_table: bool = True
    in_file: bool = True
    filed: Callable[[RowT], Value] | None = None
    short: Callable[[RowT], Line] | None = None
    short_width: int = 0
    short_title: str = ""

    def draw(self, row: RowT, at: datetime) -> Line:
        """Returns the cell of a row as the console draws it at a moment."""
        if self.line is not None:
            return self.line(row, at)
        value = self.value(row)
        if isinstance(value, datetime):
            return [(times.ago(value, at), self.role)]
        return [(self.absent if value in (None, "") else str(value), self.role)]


def exactly(column: Column[RowT]) -> Column[RowT]:
    """Returns a column of moments that shows each as it was, in UTC, and no age."""

    def line(row: RowT, _: datetime) -> Line:
        value = column.value(row)
        exact = times.exact(value).removesuffix(" UTC") if isinstance(value, datetime) else ""
        return [(exact or column.absent, column.role)]

    return replace(column, title=f"{column.title} (UTC)", line=line, width=19)


def without(columns: Sequence[Column[RowT]], *names: str) -> list[Column[RowT]]:
    """Returns the columns but for those of these names."""
    return [each for each in columns if each.name not in names]


def _public_key(*, in_console: bool = True) -> Column[Any]:
    return Column(
        "public_key",
        "Public key",
        lambda row: row.public_key,
        width=20 if in_console else 0,
        leads=True,
        short=lambda row: [(f"…{row.public_key[-4:]}", "dim")],
        short_width=5,
        short_title="ID",
    )


def _day(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%d}" if moment else None


# Keys


def _label(key: Key, _: datetime) -> Line:
    return [(key.label, "dim strike" if key.status in ("revoked", "expired") else "ink")]


def key_status(key: Key, at: datetime, *, integration_off: bool = False) -> Line:
    """Returns the status of a key, and that policy wants it rotated where it needs nothing else."""
    status = status_of(key, at, integration_off=integration_off)
    is_plain = status[0] == "● active"
    return [status, (" ↻ due", "amber")] if key.rotate_soon and is_plain else [status]


def _last_used(key: Key, at: datetime) -> Line:
    known = key.last_used_at or key.created_at
    is_long = (at - known).days >= LONG_UNUSED_DAYS and key.status == "active"
    return [(times.ago(key.last_used_at, at), "amber" if is_long else "dim")]


def _source(key: Key) -> str | None:
    if key.source is None:
        return None
    return key.source + (f"  +{key.sources - 1}" if key.sources > 1 else "")


def _created(key: Key, at: datetime) -> Line:
    return [(times.day(key.created_at, at), "dim")]


def _owner(key: Key, _: datetime) -> Line:
    return [(short_name(key.owned_by), "dim")]


KEYS: tuple[Column[Key], ...] = (
    Column("label", "Label", lambda key: key.label, _label, 18, 48, is_name=True),
    _public_key(),
    Column("status", "Status", status_word, key_status, 16, 20),
    Column("integration_name", "Integration", lambda key: key.integration_name, None, 14, 30, 2,
           role="ink"),
    Column("last_used_at", "Last used", lambda key: key.last_used_at, _last_used, 10,
           absent="never"),
    Column("source", "From", _source, None, 14, 24, 1, filed=lambda key: key.source),
    Column("expires_at", "Expires", lambda key: _day(key.expires_at), leaves=1, absent="never",
           filed=lambda key: key.expires_at),
    Column("created_at", "Created", lambda key: key.created_at, _created, 9, 10, 2),
    Column("created_by", "By", lambda key: key.created_by, leaves=1),
    Column("owner", "Owner", lambda key: key.owned_by, _owner, 7, 20, 1),
    *(Column(name, "", attrgetter(name), in_table=False)
      for name in ("sources", "revoked_at", "integration_id")),
)  # fmt: skip


def _use(key: SelectedKey, at: datetime) -> Line:
    last = key.last_used_at
    return [(times.ago(last, at), "amber" if use_state(last, at).is_used else "dim")]


SELECTED_KEYS: tuple[Column[SelectedKey], ...] = (
    Column("label", "Label", lambda key: key.label, None, 18, 48, role="ink"),
    _public_key(),
    Column("status", "Status", lambda key: str(key.status),
           lambda key, _: [status_run(str(key.status))], 13, 16),
    Column("last_used_at", "Last used", lambda key: key.last_used_at, _use, 10, absent="never"),
    Column("integration_name", "Integration", lambda key: key.integration_name, None, 16, 30, 1),
)  # fmt: skip

REVOKED_KEYS: tuple[Column[RevokedKey], ...] = (
    _public_key(),
    Column("label", "Label", lambda key: key.label),
    Column("outcome", "Outcome", lambda key: key.outcome),
    Column("revoked_at", "At", lambda key: key.revoked_at, absent=""),
    Column("audit_sequence", "Audit",
           lambda key: f"event {key.audit_sequence}" if key.audit_sequence else "", absent=""),
)  # fmt: skip

# The label audit

_MOMENT = timedelta(milliseconds=1)
"""Before the end of a day, so that the day itself is named."""


def found(row: AuditedKey) -> Line:
    """Returns the findings about a key, the gravest first."""
    first, *others = (WORDS[each.finding] for each in row.findings)
    return [(f"◐ {first}", "amber"), (f", {', '.join(others)}" if others else "", "dim")]


def _found_label(row: AuditedKey, _: datetime) -> Line:
    like = next((each.like for each in row.findings if each.like), None)
    return [(row.key.label, "ink")] if like is None else marked(row.key.label, like)


def _found_short(row: AuditedKey) -> Line:
    first, *others = (WORDS[each.finding] for each in row.findings)
    return [(f"◐ {first}", "amber"), (f" +{len(others)}" if others else "", "dim")]


def _reviews(row: AuditedKey, tell: Callable[[str, Review], str]) -> str:
    return "; ".join(
        tell(each.finding, each.review) for each in row.findings if each.review is not None
    )


def _until_day(finding: str, review: Review) -> str:
    return f"{finding} until {review.until - _MOMENT:%F} ({review.by}, {review.at:%F})"


def _exactly(finding: str, review: Review) -> str:
    from keyconsole.wire import rfc3339

    return f"{finding} until {rfc3339(review.until)} ({review.by}, {rfc3339(review.at)})"


FINDINGS: tuple[Column[AuditedKey], ...] = (
    Column("public_key", "Public key", lambda row: row.key.public_key, leads=True),
    Column("label", "Label", lambda row: row.key.label, _found_label, 18, 40, is_name=True),
    Column("findings", "Found", lambda row: " ".join(each.finding for each in row.findings),
           lambda row, _: found(row), 20, 44, short=_found_short, short_width=18),
    Column("rests", "Rests", lambda row: _reviews(row, _until_day), absent=""),
    Column("integration", "Integration", lambda row: row.key.integration_name, None, 14, 28, 3),
    Column("last_used_at", "Last used", lambda row: row.key.last_used_at,
           lambda row, at: [(times.ago(row.key.last_used_at, at), "dim")], 11, leaves=2,
           absent="never"),
    Column("created_by", "By", lambda row: row.key.created_by,
           lambda row, _: [(short_name(row.key.created_by), "dim")], 7, 14, 1),
    Column("created_at", "Created", lambda row: row.key.created_at, leaves=1),
    Column("reasons", "", lambda row: " ".join(each.reason for each in row.findings),
           in_table=False),
    Column("reviews", "", lambda row: _reviews(row, _exactly), in_table=False),
)  # fmt: skip

# Refused keys

REFUSALS: tuple[Column[Refusal], ...] = (
    _public_key(in_console=False),
    Column("label", "Label", lambda row: row.label, None, 17, 40, role="ink", whole=True,
           is_name=True),
    Column("reason", "Why", lambda row: row.reason,
           lambda row, _: [refused_run(row.reason)], 10, 11),
    Column("address", "From", lambda row: row.address, None, 9, 24, 4, role="ink", whole=True),
    Column("agent", "With", lambda row: row.agent, None, 16, 30, 2),
    Column("count", "Times", lambda row: row.count, None, 7, 15, right=True),
    Column("last_at", "Last", lambda row: row.last_at, None, 10, leaves=3),
    Column("first_at", "Since", lambda row: row.first_at,
           lambda row, at: [(times.day(row.first_at, at), "dim")], 9, leaves=1),
    Column("integration_name", "Integration", lambda row: row.integration_name, leaves=1),
)  # fmt: skip

# The audit log


def _what(event: AuditEvent, _: datetime) -> Line:
    if event.damaged:
        return [("damaged", "red")]
    if is_bulk(event):
        return [(f"revoked {event.together:,} keys", "red")]
    return [(ACTIONS.get(event.action, event.action), "red" if event.action in RED else "ink")]


def _on(event: AuditEvent, _: datetime) -> Line:
    others = f" and {event.together - 1:,} more" if event.together and is_bulk(event) else ""
    return [(event.target_name or event.target, "ink"), (others, "dim")]


EVENTS: tuple[Column[AuditEvent], ...] = (
    Column("sequence", "Event", lambda event: event.sequence),
    Column("at", "When", lambda event: event.at, None, 11),
    Column("actor", "Who", lambda event: event.actor,
           lambda event, _: [(short_name(event.actor), "ink")], 10, 20, 4),
    Column("action", "What", lambda event: "damaged" if event.damaged else event.action,
           _what, 22, 28),
    Column("target", "On", lambda event: event.target, _on, 18, 40),
    Column("target_name", "Name", lambda event: event.target_name, leaves=2),
    Column("integration_name", "Integration", lambda event: event.integration_name, None, 14, 28,
           3),
    Column("detail", "More", lambda event: json.dumps(event.detail, sort_keys=True),
           lambda event, _: change_of(event) or [("–", "faint")], 20, 60, 2, in_table=False),
    Column("address", "From", lambda event: event.address, None, 10, 16, 1),
    Column("request_id", "Request", lambda event: event.request_id, leaves=1),
    Column("together", "Keys", lambda event: event.together, leaves=2),
    Column("revocation", "Bulk", lambda event: event.revocation, leaves=2),
    *(Column(name, "", attrgetter(name), in_table=False)
      for name in ("integration_id", "id", "workspace_id", "hash")),
)  # fmt: skip

# Integrations


def _integration_use(row: Integration, at: datetime) -> Line:
    if row.missing:
        is_one = len(row.missing) == 1
        return [(needs(row.missing) if is_one else f"needs {len(row.missing)} fields", "amber")]
    return [(times.ago(row.last_used_at, at), "dim")]


def _environment(row: Integration, _: datetime) -> Line:
    return [(row.environment or "–", "ink" if row.environment == "production" else "dim")]


def _total(row: Integration, _: datetime) -> Line:
    total = row.key_counts.total
    return [(str(total), "ink") if total else ("–", "dim")]


INTEGRATIONS: tuple[Column[Integration], ...] = (
    Column("id", "ID", lambda row: row.id),
    Column("name", "Name", lambda row: row.name, None, 22, 44, role="ink", is_name=True),
    Column("provider", "Provider", lambda row: row.provider, None, 10, 20, 2),
    Column("environment", "Environment", lambda row: row.environment, _environment, 11, 16, 3),
    Column("status", "Status", lambda row: str(row.status),
           lambda row, _: [status_run(row.status)], 12),
    Column("keys", "Keys", lambda row: row.key_counts.total, _total, 4, right=True),
    Column("live", "Live", lambda row: row.key_counts.live, leaves=1),
    Column("last_used_at", "Last used", lambda row: row.last_used_at, _integration_use, 12, 30,
           absent="never"),
    Column("recent_use", "24 h", lambda row: spark(row.recent_use, 12), None, 12, leaves=1,
           role="blue", absent="", in_table=False, in_file=False),
    # Drawn by the list that knows what needs attention.
    Column("attention", "Attention", lambda _: None, None, 11, 16, leaves=1, absent="",
           in_table=False, in_file=False),
)  # fmt: skip

# Rotations


def _waits(rotation: Rotation, _: datetime) -> Line:
    return rotations.waiting_lines(rotation)[0][:2]


def _deadline(rotation: Rotation, _: datetime) -> Line:
    left = times.until(rotation.deadline, rotation.at)
    return [("passed" if left == "now" else left, "dim")]


ROTATIONS: tuple[Column[Rotation], ...] = (
    Column("old", "Old", lambda each: each.old.key.public_key),
    Column("new", "New", lambda each: each.new.key.public_key, leaves=1),
    Column("label", "Key", lambda each: each.old.key.label, None, 18, 40, role="ink"),
    Column("state", "State", lambda each: str(each.state),
           lambda each, _: [rotations.sign(each)], 11),
    Column("waiting_for", "Waits for", lambda each: plain(rotations.waiting_lines(each)[0]),
           _waits, 24, 64, 3),
    Column("deadline", "Deadline", lambda each: f"{each.deadline:%Y-%m-%d %H:%M}", _deadline, 11,
           filed=lambda each: each.deadline),
    Column("integration_name", "Integration", lambda each: each.old.key.integration_name,
           None, 14, 28, 1),
    Column("started_by", "By", lambda each: each.started_by,
           lambda each, _: [(short_name(each.started_by), "dim")], 8, 16, 2),
    Column("started_at", "", lambda each: each.started_at, in_table=False),
)  # fmt: skip


def _aged(age: str, title: str, leaves: int) -> Column[AgeCounts]:
    def line(row: AgeCounts, _: datetime) -> Line:
        count = row.ages.get(age, 0)
        return [(f"{count:,}" if count else "–", "ink" if count else "faint")]

    return Column(age, title, lambda row: row.ages.get(age, 0), line, 11, 12, leaves, right=True)


AGES: tuple[Column[AgeCounts], ...] = (
    Column("name", "Name", lambda row: row.name, None, 18, 48, role="ink", is_name=True),
    _aged(ages.NAMES[0], "< 30 days", 1),
    _aged(ages.NAMES[1], "30–90 days", 2),
    _aged(ages.NAMES[2], "90–365 days", 3),
    _aged(ages.NAMES[3], "> 1 year", 0),
    Column("keys", "Keys", lambda row: row.total,
           lambda row, _: [(f"{row.total:,}", "ink")], 7, 9, right=True),
)  # fmt: skip

# Attention


def _rests(item: AttentionItem) -> str | None:
    return None if item.dismissed is None else f"{item.dismissed.until:%Y-%m-%d}"


ATTENTION: tuple[Column[AttentionItem], ...] = (
    Column("id", "Item", lambda item: item.id, leaves=2),
    Column("urgency", "Matters", lambda item: str(item.urgency), width=7),
    Column("kind", "What", lambda item: attention.what(item)[0][2:],
           lambda item, _: [attention.what(item)], 21, 26, filed=lambda item: str(item.kind)),
    Column("label", "Key", attention.about, None, 16, 36, role="ink", is_name=True,
           filed=lambda item: item.label),
    Column("integration_name", "Integration", lambda item: item.integration_name, None, 14, 28, 3),
    Column("detail", "Detail", attention.detail, None, 16, 40, 1, absent="", in_file=False),
    *(Column(name, "", attrgetter(name), in_table=False)
      for name in ("public_key", "keys", "times", "address", "agent")),
    Column("at", "When", lambda item: item.at,
           lambda item, at: [(attention.when(item, at), "dim")], 11, absent=""),
    Column("dismissed", "Dismissed until", _rests, absent="", leaves=1,
           filed=lambda item: item.dismissed.until if item.dismissed else None),
)  # fmt: skip

# Members, tokens and invitations


def role_word(member: Member) -> str:
    """Returns the role of a member, and that it is only offered yet."""
    return f"{member.role}, pending" if member.pending else str(member.role)


def _role(member: Member, _: datetime) -> Line:
    if member.pending:
        return [(f"◌ {member.role}", "blue")]
    return [(str(member.role), members.ROLE_INK.get(member.role, "ink"))]


def _token_count(member: Member, _: datetime) -> Line:
    return [(f"{member.tokens:,}", "ink") if member.tokens else ("–", "dim")]


MEMBERS: tuple[Column[Member], ...] = (
    Column("email", "Email", lambda member: member.email, None, 18, 44, role="ink", whole=True,
           is_name=True),
    Column("role", "Role", role_word, _role, 11, filed=lambda member: str(member.role)),
    Column("pending", "", lambda member: "yes" if member.pending else None, in_table=False),
    Column("tokens", "Tokens", lambda member: member.tokens, _token_count, 6, right=True),
    Column("last_seen_at", "Last seen", lambda member: member.last_seen_at, None, 10,
           absent="never"),
    Column("created_at", "Since", lambda member: member.created_at,
           lambda member, at: [(members.since(member, at), "dim")], 9, leaves=1),
    Column("remark", "Note", lambda _: None,
           lambda member, at: [members.remark(member, at)], 9, 10, 2, in_table=False,
           in_file=False),
    Column("account_id", "Account", lambda member: member.account_id),
    Column("workspace_id", "Workspace", lambda member: member.workspace_id, leaves=1),
)  # fmt: skip


def _token_label(token: Token, _: datetime) -> Line:
    return [(token.label or "–", "ink" if token.status == "active" else "dim strike")]


def _token_state(token: Token) -> str:
    return f"{token.status}, yours now" if token.current else str(token.status)


def _token_status(token: Token, _: datetime) -> Line:
    return [status_run("yours now", "active") if token.current else status_run(token.status)]


def _token_expiry(token: Token, at: datetime) -> Line:
    return [members.expiry(token, at)]


def _token_made(token: Token, at: datetime) -> Line:
    maker = short_name(token.created_by) if token.created_by else "service init"
    return [(f"{times.day(token.created_at, at):<9}  {maker}", "dim")]


TOKENS: tuple[Column[Token], ...] = (
    Column("label", "Label", lambda token: token.label, _token_label, 14, 40, is_name=True),
    Column("id", "Token", lambda token: token.id, width=20, leads=True,
           short=lambda token: [(f"…{token.id[-4:]}", "dim")], short_width=5, short_title="ID"),
    Column("email", "Email", lambda token: token.email),
    Column("status", "Status", _token_state, _token_status, 11,
           filed=lambda token: str(token.status)),
    Column("last_used_at", "Last used", lambda token: token.last_used_at, None, 11, leaves=3,
           absent="never"),
    Column("expires_at", "Expires", lambda token: _day(token.expires_at), _token_expiry, 10,
           leaves=4, absent="never", filed=lambda token: token.expires_at),
    Column("created_at", "Created", lambda token: token.created_at, _token_made, 14, 24, 1),
    Column("created_by", "By", lambda token: token.created_by or "service init", leaves=1),
)  # fmt: skip

INVITATIONS: tuple[Column[Invitation], ...] = (
    Column("workspace", "Workspace", lambda each: each.workspace, None, 18, 44, role="ink",
           is_name=True),
    Column("id", "Invitation", lambda each: each.id, leads=True),
    Column("role", "Role", lambda each: str(each.role), None, 10),
    Column("invited_by", "Invited by", lambda each: each.invited_by, None, 14, 36, 1),
    Column("created_at", "Since", lambda each: each.created_at, None, 10, leaves=1),
)  # fmt: skip

# Use

_SHARE_CELLS = 10


def _share(count: int, whole: int) -> Line:
    """Returns a bar and the hundredths that a count is of the whole."""
    part = count / whole if whole else 0.0
    bar = "█" * round(part * _SHARE_CELLS) or ("▏" if count else "")
    hundredths = f"{part:.0%}" if part >= 0.01 or not count else "< 1%"
    return [(f"{bar:<{_SHARE_CELLS}}", "blue"), (f" {hundredths:>4}", "dim")]


def _some(count: int, role: str = "ink") -> Line:
    return [(f"{count:,}", role) if count else ("–", "faint")]


def use_sources(days: int, whole: int) -> tuple[Column[UsageSource], ...]:
    """Returns the columns of sources with their requests of the last `days`, of `whole` in all."""
    return (
        Column("address", "From", lambda row: row.address,
               lambda row, at: [(row.address, "red bold" if is_new(row, at) else "ink")], 15, 39,
               whole=True, is_name=True),
        Column("agent", "With", lambda row: row.agent, None, 12, 32, 3),
        Column("requests", f"In {days} day{'' if days == 1 else 's'}", lambda row: sum(row.daily),
               lambda row, _: _some(sum(row.daily)), 10, right=True),
        Column("share", "Share", lambda row: sum(row.daily),
               lambda row, _: _share(sum(row.daily), whole), 15, leaves=1),
        Column("last_seen_at", "Last", lambda row: row.last_seen_at, None, 10),
        Column("first_seen_at", "First seen", lambda row: row.first_seen_at,
               lambda row, at: [(times.day(row.first_seen_at, at),
                                 "red" if is_new(row, at) else "dim")], 10, leaves=4),
        Column("refused", "Refused", lambda row: row.refused,
               lambda row, _: _some(row.refused, "amber"), 8, leaves=2, right=True),
    )  # fmt: skip


def use_parts(title: str, whole: int) -> tuple[Column[UsagePart], ...]:
    """Returns the columns of keys or integrations with their last day, of `whole` in all."""
    return (
        Column("name", title, lambda row: row.name, None, 18, 44, role="ink", is_name=True),
        Column("public_key", "Public key", lambda row: row.public_key,
               lambda row, _: [((row.public_key or "–")[-4:].rjust(5, "…"), "dim")], 10, leaves=2),
        Column("accepted", "Last day", lambda row: row.accepted,
               lambda row, _: _some(row.accepted), 10, right=True),
        Column("share", "Share", lambda row: row.accepted,
               lambda row, _: _share(row.accepted, whole), 15, leaves=1),
        Column("refused", "Refused", lambda row: row.refused,
               lambda row, _: _some(row.refused, "amber"), 8, right=True),
        Column("last_used_at", "Last used", lambda row: row.last_used_at, None, 10,
               absent="never", leaves=3),
    )  # fmt: skip


def use_figures(length: timedelta) -> tuple[Column[Step], ...]:
    """Returns the columns of a series, a row for each step of this length."""
    return (
        Column("at", "Since", lambda step: step.at,
               lambda step, at: [(begins(step, length, at), "ink")], 18, 24),
        Column("accepted", "Let in", lambda step: step.accepted,
               lambda step, _: _some(step.accepted), 10, right=True),
        Column("refused", "Refused", lambda step: sum(step.refused.values()),
               lambda step, _: _some(sum(step.refused.values()), "amber"), 8, right=True),
        Column("reasons", "Why", lambda step: why(step.refused), None, 20, 60, absent=""),
    )  # fmt: skip


# Lists of the commands alone

PARTS: tuple[Column[UsagePart], ...] = (
    Column("id", "ID", lambda row: row.public_key or row.integration_id),
    Column("name", "Name", lambda row: row.name),
    Column("accepted", "Last day", lambda row: f"{row.accepted:,}"),
    Column("refused", "Refused", lambda row: f"{row.refused:,}"),
    Column("last_used_at", "Last used", lambda row: row.last_used_at, absent="never"),
)  # fmt: skip

SOURCES: tuple[Column[UsageSource], ...] = (
    Column("address", "From", lambda source: source.address),
    Column("agent", "With", lambda source: source.agent),
    Column("last_seen_at", "Last", lambda source: source.last_seen_at),
    Column("first_seen_at", "Since", lambda source: source.first_seen_at),
    Column("accepted", "Let in", lambda source: f"{source.accepted:,}",
           filed=lambda source: source.accepted),
    Column("refused", "Refused", lambda source: f"{source.refused:,}",
           filed=lambda source: source.refused),
)  # fmt: skip


def sources_of(allowed: Sequence[str]) -> Sequence[Column[UsageSource]]:
    """Returns the columns of sources; one more says which are refused by the allowed addresses."""

    def now(source: UsageSource) -> str | None:
        return None if allows(allowed, source.address) else "refused"

    return [*SOURCES, Column("now", "Now", now, absent="")] if allowed else SOURCES
