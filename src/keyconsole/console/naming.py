"""Hints for a good key name: unique, unlike the others, a system and its place."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from keyconsole.core import labels, safetext
from keyconsole.core.credential import abbreviate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keyconsole.console.styled_text import Run
    from keyconsole.wire import Integration, Key, WorkspaceSettings

ALIKE = 0.86


def advice(integration: Integration | None, policy: WorkspaceSettings | None) -> str:
    """Returns what a good label has, with an example in the form that the policy asks for."""
    return f"a system and its environment: {_better('', integration, policy)}"


def hint(
    label: str,
    integration: Integration | None,
    others: Sequence[Key],
    policy: WorkspaceSettings | None,
) -> Run:
    """Returns one quiet line about a label. It never stands in the way: the service may."""
    skeleton = safetext.skeleton(label)
    live = [key for key in others if key.status not in ("revoked", "expired")]
    for key in live:
        if safetext.skeleton(key.label) == skeleton:
            return (f"taken here by {abbreviate(key.public_key)}", "amber")
    known = policy.environments if policy else []
    better = _better(label, integration, policy)
    if policy and policy.label_needs_environment and not labels.names_one_of(label, known):
        return (f"the policy asks for an environment: {better}", "amber")
    if integration and (other := labels.mismatch(label, integration.environment)):
        named, actual = other
        return (f"unique here, but names {named}; this integration is {actual}", "amber")
    for key in live:
        ratio = difflib.SequenceMatcher(None, skeleton, safetext.skeleton(key.label)).ratio()
        if ratio >= ALIKE:
            return (f"unique here, but looks like {key.label}", "amber")
    names_environment = labels.names_environment(label) or labels.names_one_of(label, known)
    if not names_environment or not labels.names_system(label):
        return (f"unique here; a name can say more, for example {better}", "dim")
    return ("✓ unique here, names a system and an environment", "green")


def _better(label: str, integration: Integration | None, policy: WorkspaceSettings | None) -> str:
    environment = integration.environment if integration else None
    return labels.suggestion(
        label, labels.environment_word(environment, policy.environments if policy else [])
    )
