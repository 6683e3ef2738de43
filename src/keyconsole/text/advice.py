"""Found keys in words: the sign and the sentence of each verdict, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyconsole.core import disablement
from keyconsole.core.shortcuts import key_of
from keyconsole.text import times, verdicts
from keyconsole.text.keys import status_word
from keyconsole.text.verdicts import Proof, Verdict, state, verdict

if TYPE_CHECKING:
    from datetime import datetime

    from keyconsole.core.candidates import Candidate
    from keyconsole.text.runs import Run
    from keyconsole.wire import Identified, Key

# The most urgent first: so they are listed.
_SIGNS: dict[Verdict, Run] = {
    Verdict.LIVE: ("● live", "green bold"),
    Verdict.DAMAGED: ("◌ damaged", "amber"),
    Verdict.WRONG_SECRET: ("◌ wrong secret", "amber"),
    Verdict.DISABLED: ("◐ disabled", "amber"),
    Verdict.INTEGRATION_DISABLED: ("◐ disabled", "amber"),
    Verdict.EXPIRED: ("✕ expired", "dim"),
    Verdict.REVOKED: ("✕ revoked", "red"),
    Verdict.UNKNOWN: ("– not ours", "dim"),
}


def sign(candidate: Candidate, answer: Identified) -> Run:
    """Glyph and word; green only where the value itself is known to work."""
    found = verdict(candidate, answer)
    if found is Verdict.LIVE and candidate.digest is None:
        return "○ live", "amber"
    return _SIGNS[found]


def proof(candidate: Candidate, answer: Identified) -> Run:
    """Returns whether the value of the key was found, or its name only."""
    if answer.key is None:
        return "", ""
    found = verdicts.proof(candidate, answer)
    return str(found), "ink" if found is Proof.VALUE else "dim"


def urgency(candidate: Candidate, answer: Identified) -> int:
    """Returns the rank in a list: what works now comes first, and of that what was leaked."""
    order = 2 * list(_SIGNS).index(verdict(candidate, answer))
    return order + (candidate.digest is None)


def explain(candidate: Candidate, answer: Identified, at: datetime) -> list[Run]:
    """Returns what the verdict means and what to do next, in a sentence or two."""
    match verdict(candidate, answer):
        case Verdict.LIVE if candidate.digest is None:
            return [
                ("It works now. ", "red bold"),
                ("Only its name was found: the value was not checked. ", "ink"),
                *_revoke(),
            ]
        case Verdict.LIVE:
            return [
                ("It works now, and the value is right. ", "red bold"),
                ("Whoever has it can use it. ", "ink"),
                *_revoke(),
            ]
        case Verdict.WRONG_SECRET:
            return [
                ("The name is ours, the secret is not: mistyped or forged. ", "ink"),
                (f"{_now(answer)} ", "ink"),
                ("Names are no secret: a forged leak is a way to make you kill a healthy key. ",
                 "amber"),
                ("Find out first where it came from; ", "ink"),
                (key_of("disable"), "brass bold"), (" disables it meanwhile.", "dim"),
            ]  # fmt: skip
        case Verdict.DAMAGED:
            return [
                (f"Its checksum is wrong: cut off or mistyped. {_now(answer)} ", "ink"),
                ("Find the whole value to be sure.", "ink"),
            ]
        case Verdict.UNKNOWN:
            return [("No key of this service, or of a workspace that you do not see.", "ink")]
        case _:
            return _dead(candidate, answer, at)


def quarantined(key: Key, at: datetime) -> list[Run]:
    """Returns the state of a key after it was disabled or enabled."""
    if key.status != "disabled":
        return [("● ", "green"), (f"{key.label} works again.", "ink")]
    fuse = "."
    if key.disabled_until is not None:
        end = disablement.follows(key.disabled_then)
        fuse = f": it {end} {times.until(key.disabled_until, at)}."
    return [("◐ Disabled ", "amber"), (f"{key.label}{fuse} ", "ink"),
            (key_of("disable"), "brass bold"),
            (" lets it go.", "dim")]  # fmt: skip


def _dead(candidate: Candidate, answer: Identified, at: datetime) -> list[Run]:
    key = answer.key
    right = "The value is right. " if candidate.digest else ""
    if key is not None and key.revoked_at is not None:
        who = f"Revoked {times.lately(key.revoked_at, at)} by {key.revoked_by}. "
        return [("It is dead. ", "green bold"), (f"{right}{who}", "ink"),
                (key_of("receipt"), "brass bold"),
                (" shows the receipt.", "dim")]  # fmt: skip
    return [(f"{_now(answer)} {right}", "ink"), *_revoke(" it for good.")]


def _revoke(end: str = " it, with the reason leaked.") -> list[Run]:
    return [(key_of("revoke"), "brass bold"), (f" revokes{end}", "dim")]


def _now(answer: Identified) -> str:
    match state(answer):
        case Verdict.LIVE:
            return "The key itself works now."
        case Verdict.INTEGRATION_DISABLED:
            return "The key is refused as long as its integration is disabled."
        case Verdict.UNKNOWN | Verdict.WRONG_SECRET:
            status = answer.key.status if answer.key is not None else "unknown"
            return f"The key itself is {status}."
        case refused:
            return f"The key is refused: {refused}."


def tokens_found(count: int) -> str:
    """Returns what to do about operator tokens in a text."""
    return (
        f"Operator tokens in it: {count}. Whoever has one acts in its owner's name: "
        "have it revoked."
    )


def sentence(candidate: Candidate, answer: Identified) -> str:
    """Returns the verdict in one line, with the exact time of a revoke; for tables."""
    if (key := answer.key) is None:
        return "not ours"
    match verdict(candidate, answer):
        case Verdict.WRONG_SECRET:  # asked with a digest, the service told of nothing else
            status = status_word(key)
            return f"right id, wrong secret: mistyped or forged. The key is {status}"
        case Verdict.DAMAGED:
            refused = _refused(state(answer), key)
            return f"{refused or 'a LIVE key'}, but this value is damaged or mistyped"
        case Verdict.LIVE if candidate.digest is None:
            return "a LIVE key: it authenticates now"
        case Verdict.LIVE:
            return "LIVE: it authenticates now"
        case found:
            return _refused(found, key)


def _refused(found: Verdict, key: Key) -> str:
    """Returns why a key does not authenticate; nothing where it does."""
    from keyconsole.wire import rfc3339

    if found is Verdict.LIVE:
        return ""
    if found is Verdict.REVOKED and key.revoked_at is not None:
        return f"revoked {rfc3339(key.revoked_at)} by {key.revoked_by}"
    return f"refused: {found.words}"
