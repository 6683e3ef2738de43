"""How a key is written for people."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from keyconsole.cli.keys import reasons
from keyconsole.cli.lists import Column, exactly, when
from keyconsole.core import disablement

if TYPE_CHECKING:
    from keyconsole.wire import Key


def state(key: "Key") -> str:
    """The status in a word; `damaged` if its row is, `unconfirmed` if nobody has confirmed it."""
    if key.damaged:
        return "damaged"
    return "unconfirmed" if key.status == "active" and not key.confirmed else str(key.status)


def columns(*, across: bool) -> list[Column["Key"]]:
    """The columns of a list of keys, with their integration in one across integrations."""
    where: list[Column[Key]] = [
        Column("INTEGRATION", lambda key: key.integration_name, may_go=True)
    ]
    return [
        Column("PUBLIC KEY", lambda key: key.public_key),
        Column("LABEL", lambda key: key.label),
        Column("STATUS", state),
        *(where if across else []),
        Column("LAST USED", lambda key: when(key.last_used_at), may_go=True),
        Column("EXPIRES", lambda key: _date(key), may_go=True),
        Column("CREATED", lambda key: when(key.created_at), may_go=True),
        Column("BY", lambda key: key.created_by, may_go=True),
    ]


def rows(key: "Key") -> list[tuple[str, str]]:
    """Everything there is to know of a key, a title and a value each."""
    used = exactly(key.last_used_at) if key.last_used_at else "never"
    if key.source:
        more = f" and {key.sources - 1} more" if key.sources > 1 else ""
        used = f"{used} from {key.source}{more}"
    found = [
        ("Label", key.label),
        ("Public key", key.public_key),
        ("Status", state(key)),
        ("Integration", f"{key.integration_name}  {key.integration_id}"),
        ("Last used", used),
        ("Expires", exactly(key.expires_at) if key.expires_at else "never"),
        ("Rotation due", exactly(key.rotate_by) if key.rotate_by else ""),
        ("Replaces", key.replaces or ""),
        ("Being replaced" if key.rotating else "Replaced by", key.replaced_by or ""),
        ("Allowed from", " ".join(key.allowed_ips) or "any address"),
        ("Created", f"{exactly(key.created_at)} by {key.created_by}"),
        ("Disabled", _disabled(key)),
        ("Revoked", f"{exactly(key.revoked_at)} by {key.revoked_by}" if key.revoked_at else ""),
        ("Reason", reasons.shown(str(key.revoke_reason)) if key.revoke_reason else ""),
        ("Incident", key.incident or ""),
        *((f"  {name}", value) for name, value in key.metadata.items()),
    ]
    return [row for row in found if row[1]]


def _disabled(key: "Key") -> str:
    """Since when, and what happens by itself; nothing for a key that is not disabled."""
    if key.status != "disabled":
        return ""
    words = disablement.described(
        key.disabled_at, key.disabled_until, key.disabled_then, datetime.now(UTC)
    )
    return words.removeprefix("disabled ")


def _date(key: "Key") -> str:
    return f"{key.expires_at:%Y-%m-%d}" if key.expires_at else "never"
