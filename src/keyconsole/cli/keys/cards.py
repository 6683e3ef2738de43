"""A key in rows, for people."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from keyconsole.cli.lists import exactly
from keyconsole.core import disablement
from keyconsole.text import reasons
from keyconsole.text.keys import limits_of, status_word

if TYPE_CHECKING:
    from keyconsole.wire import Key


def rows(key: "Key") -> list[tuple[str, str]]:
    """Everything there is to know of a key, a title and a value each; some values are empty."""
    used = exactly(key.last_used_at) if key.last_used_at else "never"
    if key.source:
        more = f" and {key.sources - 1} more" if key.sources > 1 else ""
        used = f"{used} from {key.source}{more}"
    return [
        ("Label", key.label),
        ("Public key", key.public_key),
        ("Status", status_word(key)),
        ("Integration", f"{key.integration_name}  {key.integration_id}"),
        ("Last used", used),
        ("Expires", _expires(key)),
        ("Rotation due", exactly(key.rotate_by) if key.rotate_by else ""),
        ("Replaces", key.replaces or ""),
        ("Being replaced" if key.rotating else "Replaced by", key.replaced_by or ""),
        ("Allowed from", " ".join(key.allowed_ips) or "any address"),
        ("Scopes", _scopes(key)),
        ("Limits", limits_of(key) or "none"),
        ("Owner", key.owned_by),
        ("Created", f"{exactly(key.created_at)} by {key.created_by}"),
        ("Disabled", _disabled(key)),
        ("Revoked", f"{exactly(key.revoked_at)} by {key.revoked_by}" if key.revoked_at else ""),
        ("Reason", reasons.described(str(key.revoke_reason)) if key.revoke_reason else ""),
        ("Incident", key.incident or ""),
        *((f"  {name}", value) for name, value in key.metadata.items()),
    ]


def _expires(key: "Key") -> str:
    if key.expires_at is None:
        return "never"
    return exactly(key.expires_at) + (" by policy" if key.expiry_from == "policy" else "")


def _scopes(key: "Key") -> str:
    """Returns the scopes of a key, and those of them that its integration lacks."""
    if key.scopes is None:
        return "all of the integration"
    lost = [each for each in key.scopes if each not in key.effective_scopes]
    told = " ".join(key.effective_scopes) or "none"
    return f"{told}  (the integration lacks {' '.join(lost)})" if lost else told


def _disabled(key: "Key") -> str:
    """Since when, and what happens by itself; nothing for a key that is not disabled."""
    if key.status != "disabled":
        return ""
    words = disablement.described(
        key.disabled_at, key.disabled_until, key.disabled_then, datetime.now(UTC)
    )
    return words.removeprefix("disabled ")
