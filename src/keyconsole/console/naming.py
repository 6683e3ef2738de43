"""What makes a name of a key a good one: unique, unlike the others, a system and its place."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from keyconsole import safetext
from keyconsole.credential import abbreviate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keyconsole.console.ink import Run
    from keyconsole.wire import Integration, Key

ALIKE = 0.86
_ENVIRONMENTS = ("prod", "production", "staging", "stage", "dev", "test", "sandbox", "qa", "demo")


def hint(label: str, integration: Integration | None, others: Sequence[Key]) -> Run:
    """One quiet line about a label that breaks no rule. It never stands in the way."""
    skeleton = safetext.skeleton(label)
    live = [key for key in others if key.status not in ("revoked", "expired")]
    for key in live:
        if safetext.skeleton(key.label) == skeleton:
            return (f"taken here by {abbreviate(key.public_key)}", "amber")
    words = re.split(r"[^a-z0-9]+", skeleton)
    for key in live:
        ratio = difflib.SequenceMatcher(None, skeleton, safetext.skeleton(key.label)).ratio()
        if ratio >= ALIKE:
            return (f"unique here, but looks like {key.label}", "amber")
    if len([word for word in words if word]) < 2 or not set(words) & set(_ENVIRONMENTS):
        environment = (integration.environment if integration else None) or "prod"
        return (
            f"unique here; a name can say more, for example api-gateway-{environment}",
            "dim",
        )
    return ("✓ unique here, names a system and an environment", "green")
