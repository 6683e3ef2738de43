"""Hints for a good key name: unique, unlike the others, a system and its place."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from keyconsole.core import labels, safetext
from keyconsole.core.credential import abbreviate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keyconsole.console.styled_text import Run
    from keyconsole.wire import Integration, Key

ALIKE = 0.86


def hint(label: str, integration: Integration | None, others: Sequence[Key]) -> Run:
    """One quiet line about a label that breaks no rule. It never stands in the way."""
    skeleton = safetext.skeleton(label)
    live = [key for key in others if key.status not in ("revoked", "expired")]
    for key in live:
        if safetext.skeleton(key.label) == skeleton:
            return (f"taken here by {abbreviate(key.public_key)}", "amber")
    if integration and (other := labels.mismatch(label, integration.environment)):
        named, actual = other
        return (f"unique here, but names {named}; this integration is {actual}", "amber")
    for key in live:
        ratio = difflib.SequenceMatcher(None, skeleton, safetext.skeleton(key.label)).ratio()
        if ratio >= ALIKE:
            return (f"unique here, but looks like {key.label}", "amber")
    if not labels.names_environment(label) or not labels.names_system(label):
        environment = (integration.environment if integration else None) or "prod"
        return (
            f"unique here; a name can say more, for example api-gateway-{environment}",
            "dim",
        )
    return ("✓ unique here, names a system and an environment", "green")
