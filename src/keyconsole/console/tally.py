"""Many keys in a few words: what would die, how far it is, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.console.styled_text import Run, draw, shorten, stack
from keyconsole.flows.bulk_revocation import (
    Ended,
    LockedOut,
    Looking,
    NotKnown,
    Running,
    Sending,
    Shown,
)
from keyconsole.text.bulk import keys, left_out_line

if TYPE_CHECKING:
    from textual.content import Content

    from keyconsole.flows.bulk_revocation import State
    from keyconsole.wire import Identified, Revocation, Selection

BAR = 30
WIDE = 64
_NAMED = 3


def title(state: State, room: int) -> Content:
    """Returns what stands above the keys."""
    match state:
        case Looking(failed=failed):
            asked: Run = ("Looking which keys that are…", "dim")
            return not_known() if failed else draw(asked)
        case Shown(selection=selection):
            return question(selection, room)
        case LockedOut(shown=shown):
            return once_more(shown)
        case Sending():
            return draw(("Revoking…", "dim"))
        case NotKnown(outcome=outcome):
            told = outcome.explain("The same request is sent again.")
            return draw((outcome.heading, "amber bold"), (told, "dim"))
        case Running(revocation=revocation):
            return progress(revocation, room)
        case Ended(revocation=revocation, proof=proof):
            return result(revocation, proof, room)


def not_known() -> Content:
    """Returns the sentence for a selection that could not be read."""
    return draw(("Which keys these are is not known: ", "amber"), ("^r", "brass bold"),
                (" asks again.", "dim"))  # fmt: skip


def question(selection: Selection, room: int) -> Content:
    """Returns the question, the keys in use and the further consequences."""
    if not selection.count:
        return draw(("Nothing to revoke.", "ink bold"))
    these = "They stop" if selection.count > 1 else "It stops"
    ends = f"{these} working at once and for ever." if room >= WIDE else "At once and for ever."
    head: list[Run] = [(f"Revoke {keys(selection.count)}?", "red bold"), (f"  {ends}", "ink")]
    lines = [draw(*head), *(draw(*line) for line in _use(selection, room))]
    if left := left_out_line(selection):
        lines.append(draw((shorten(left, room), "dim")))
    return stack(lines)


def once_more(shown: Shown) -> Content:
    """Returns the warning that an integration is locked out, and the question again."""
    again = f"Revoke {keys(shown.selection.count)} all the same?"
    return stack([draw((shown.lockout, "red bold")), draw((again, "ink"))])


def nothing(selection: Selection) -> list[Run]:
    """A sentence where there is no key to revoke."""
    return [("No key matches, or none that is alive.\n\n", "ink bold"),
            (left_out_line(selection), "dim")]  # fmt: skip


def progress(revocation: Revocation, room: int) -> Content:
    """A bar, and the keys that are dead by now."""
    if not revocation.total:
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


def result(revocation: Revocation, proof: Identified | None, room: int) -> Content:
    """Returns the result for the keys, and the proof that verification refuses them."""
    head: list[Run] = [(f"✕ {keys(revocation.revoked)} revoked.", "red bold")]
    if revocation.already:
        head.append((f"  {revocation.already:,} had been revoked by somebody else.", "ink"))
    return stack([draw(*head), draw(*_proof(revocation, proof, room))])


def _use(selection: Selection, room: int) -> list[list[Run]]:
    """The keys in use; which integrations lose their last, on a line of its own if need be."""
    runs: list[Run] = [("None was used within the hour.", "dim")]
    if selection.in_use:
        runs = [(f" {selection.in_use:,} IN USE WITHIN THE HOUR ", "ground bold on amber"),
                ("  their next request gets 401.", "ink")]  # fmt: skip
    if selection.emptied:
        named = ", ".join(selection.emptied[:_NAMED])
        more = len(selection.emptied) - _NAMED
        named += f" and {more} more" if more > 0 else ""
        emptied = f"No active key left: {named}."
        if sum(len(text) for text, _ in runs) + 2 + len(emptied) > room:
            return [runs, [(shorten(emptied, room), "red")]]
        runs.append((f"  {emptied}", "red"))
    return [runs]


def _proof(revocation: Revocation, proof: Identified | None, room: int) -> list[Run]:
    where = f"{revocation.id} · request {revocation.request_id}"
    if proof is None:
        return [("asking whether they are refused…", "amber")]
    if proof.would_authenticate:
        return [("✕ one of them still authenticates: look at once", "red bold")]
    runs: list[Run] = [("✓ ", "green"), ("refused now", "ink"), (f"   by {proof.process}", "dim")]
    taken = sum(len(text) for text, _ in runs)
    return [*runs, (shorten(f"   {where}", max(0, room - taken)), "dim")]
