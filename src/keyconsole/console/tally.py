"""Many keys in a few words: what would die, how far it is, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.console.styled_text import Line, Run, draw, shorten, stack
from keyconsole.core.usestate import use_state
from keyconsole.text import times

if TYPE_CHECKING:
    from datetime import datetime

    from textual.content import Content

    from keyconsole.wire import Identified, Revocation, SelectedKey, Selection

BAR = 30
WIDE = 64
_NAMED = 3


def keys(count: int) -> str:
    """`1 key`, `20,000 keys`."""
    return f"{count:,} key{'' if count == 1 else 's'}"


def question(selection: Selection | None, room: int) -> Content:
    """What is asked, what is in use, and what else would happen."""
    if selection is None:
        return draw(("Which keys these are is not known: ", "amber"), ("^r", "brass bold"),
                    (" asks again.", "dim"))  # fmt: skip
    if not selection.count:
        return draw(("Nothing to revoke.", "ink bold"))
    these = "They stop" if selection.count > 1 else "It stops"
    ends = f"{these} working at once and for ever." if room >= WIDE else "At once and for ever."
    head: list[Run] = [(f"Revoke {keys(selection.count)}?", "red bold"), (f"  {ends}", "ink")]
    lines = [draw(*head), draw(*_use(selection, room))]
    if left := _left_out(selection):
        lines.append(draw((shorten(left, room), "dim")))
    return stack(lines)


def once_more(selection: Selection | None, lockout: str) -> Content:
    """That an integration would be locked out, and the question again."""
    count = selection.count if selection else 0
    return stack(
        [draw((lockout, "red bold")), draw((f"Revoke {keys(count)} all the same?", "ink"))]
    )


def nothing(selection: Selection) -> list[Run]:
    """A sentence where there is no key to revoke."""
    return [("No key matches, or none that is alive.\n\n", "ink bold"),
            (_left_out(selection), "dim")]  # fmt: skip


def progress(revocation: Revocation | None, room: int) -> Content:
    """A bar, and the keys that are dead by now."""
    if revocation is None or not revocation.total:
        return draw()
    done = revocation.total - revocation.pending
    cells = min(BAR, room - 30)
    full = cells * done // revocation.total
    return draw(
        ("Revoking  ", "ink bold"),
        ("█" * full, "red"),
        ("░" * (cells - full), "rule"),
        (f"  {done:,} of {revocation.total:,} dead", "ink"),
    )


def result(revocation: Revocation | None, proof: Identified | None, room: int) -> Content:
    """What became of them, and that verification refuses them."""
    if revocation is None:
        return draw()
    head: list[Run] = [(f"✕ {keys(revocation.revoked)} revoked.", "red bold")]
    if revocation.already:
        head.append((f"  {revocation.already:,} had been revoked by somebody else.", "ink"))
    return stack([draw(*head), draw(*_proof(revocation, proof, room))])


def parting(revocation: Revocation) -> list[Run]:
    """What is said once the screen is left: done, or going on in the service."""
    if revocation.finished_at is None:
        return [("Revoking goes on in the service: ", "amber"),
                (f"{revocation.pending:,} of {keys(revocation.total)} to go.", "ink")]  # fmt: skip
    return [("✕ Revoked ", "red"), (f"{keys(revocation.revoked)}.", "ink")]


def as_text(revocation: Revocation, proof: Identified | None) -> str:
    """The receipt in a few lines, for a chat or an incident."""
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


def last_use(key: SelectedKey, at: datetime) -> Line:
    """When it was used last, amber within the hour."""
    last = key.last_used_at
    is_hot = use_state(last, at).is_used
    return [(times.ago(last, at), "amber" if is_hot else "dim")]


def _use(selection: Selection, room: int) -> list[Run]:
    runs: list[Run] = [("None was used within the hour.", "dim")]
    if selection.in_use:
        runs = [(f" {selection.in_use:,} IN USE WITHIN THE HOUR ", "ground bold on amber"),
                ("  their next request gets 401.", "ink")]  # fmt: skip
    if selection.emptied:
        named = ", ".join(selection.emptied[:_NAMED])
        more = len(selection.emptied) - _NAMED
        named += f" and {more} more" if more > 0 else ""
        taken = sum(len(text) for text, _ in runs)
        runs.append((shorten(f"  No active key left: {named}.", max(20, room - taken)), "red"))
    return runs


def _left_out(selection: Selection) -> str:
    parts = (
        (len(selection.already), "revoked already"),
        (len(selection.mismatched), "with a wrong secret: mistyped or forged"),
        (len(selection.unknown), "not ours"),
    )
    told = ", ".join(f"{count:,} {what}" for count, what in parts if count)
    return f"Left out: {told}." if told else ""


def _proof(revocation: Revocation, proof: Identified | None, room: int) -> list[Run]:
    where = f"{revocation.id} · request {revocation.request_id}"
    if proof is None:
        return [("asking whether they are refused…", "amber")]
    if proof.would_authenticate:
        return [("✕ one of them still authenticates: look at once", "red bold")]
    runs: list[Run] = [("✓ ", "green"), ("refused now", "ink"), (f"   by {proof.process}", "dim")]
    taken = sum(len(text) for text, _ in runs)
    return [*runs, (shorten(f"   {where}", max(0, room - taken)), "dim")]
