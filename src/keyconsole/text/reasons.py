"""The reasons of a revoke: the words that people read, and the names of RFC 5280 that are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyconsole.text.runs import Run

UNSAID = "unspecified"

WORDS = {
    UNSAID: "not said",
    "key_compromise": "leaked",
    "superseded": "replaced",
    "affiliation_changed": "owner left",
    "cessation_of_operation": "not needed",
    "privilege_withdrawn": "withdrawn",
}
"""The words by the names."""


def described(name: str) -> str:
    """Returns a reason for people: the words, and the name that stands in the audit log."""
    words = WORDS.get(name, name)
    return words if words == name or name == UNSAID else f"{words} ({name})"


def reason_runs(name: str) -> list[Run]:
    """Returns the same with roles, the words first."""
    words: Run = (WORDS.get(name, name), "ink")
    return [words] if name == UNSAID else [words, (f"   {name}", "dim")]
