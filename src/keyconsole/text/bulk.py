"""Many keys in words: how many, which are left out, and the receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.text import times

if TYPE_CHECKING:
    from keyconsole.text.runs import Run
    from keyconsole.wire import Identified, Revocation, Selection


def keys(count: int) -> str:
    """Returns `1 key`, `20,000 keys`."""
    return f"{count:,} key{'' if count == 1 else 's'}"


def them(count: int) -> str:
    """Returns `it` for one key, `them` for any other number."""
    return "it" if count == 1 else "them"


def left_out(selection: Selection) -> list[tuple[list[str], str]]:
    """Returns the public keys that are not revoked, with the reason of each group."""
    groups = (
        (selection.already, "revoked already"),
        (selection.mismatched, "with a wrong secret: mistyped or forged"),
        (selection.unknown, "not ours"),
    )
    return [(found, why) for found, why in groups if found]


def left_out_line(selection: Selection) -> str:
    """Returns how many those are, in a line; nothing where there are none."""
    told = ", ".join(f"{len(found):,} {why}" for found, why in left_out(selection))
    return f"Left out: {told}." if told else ""


def parting(revocation: Revocation) -> list[Run]:
    """Returns what is said once a person looks away: it is done, or goes on in the service."""
    if revocation.finished_at is None:
        return [("Revoking goes on in the service: ", "amber"),
                (f"{revocation.pending:,} of {keys(revocation.total)} to go.", "ink")]  # fmt: skip
    return [("✕ Revoked ", "red"), (f"{keys(revocation.revoked)}.", "ink")]


def receipt_text(revocation: Revocation, proof: Identified | None) -> str:
    """Returns the receipt in a few lines, for a chat or an incident."""
    finished = revocation.finished_at or revocation.created_at
    lines = [
        f"{keys(revocation.revoked)} revoked by {revocation.created_by}",
        f"from {times.precise(revocation.created_at)} to {times.precise(finished)}",
        f"reason {revocation.reason}, incident {revocation.incident or 'none'}",
        f"revocation {revocation.id}, request {revocation.request_id}",
    ]
    if revocation.already:
        lines.append(f"{keys(revocation.already)} had been revoked before")
    if proof is not None and not proof.would_authenticate:
        lines.append(f"refused by {proof.process} at {times.precise(proof.checked_at)}")
    return "\n".join(lines) + "\n"
