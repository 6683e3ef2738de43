"""The services of the other profiles, asked about keys that were found."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from keyconsole.core.errors import KeyconsoleError
from keyconsole.flows.identification import identify
from keyconsole.text.verdicts import proof, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from keyconsole.console.session import Profiles
    from keyconsole.console.styled_text import Run
    from keyconsole.core.candidates import Candidate

_LISTED = 3


async def ask(profiles: Profiles, here: str, candidates: Sequence[Candidate]) -> list[Run]:
    """Returns, in words, what every profile but the open one knows of the candidates.

    One that cannot be asked says why; the others are asked all the same.
    """
    says: list[Run] = []
    for choice in profiles.choices():
        if choice.name == here:
            continue
        try:
            if choice.fault:
                raise KeyconsoleError(choice.fault)  # noqa: TRY301 - as any other reason
            found = await _ask_one(profiles, choice.name, candidates)
        except KeyconsoleError as error:
            says += [(f"{choice.name} ", "ink bold"), (f"was not asked: {error.message} ", "amber")]
        else:
            says += [(f"{choice.name} ", "ink bold"), (f"{found} ", "ink")]
    return says or [("There is no other profile.", "dim")]


async def _ask_one(profiles: Profiles, name: str, candidates: Sequence[Candidate]) -> str:
    session = await profiles.visit(name)
    try:
        known = []
        async for each, answer in identify(session.client, candidates):
            if answer.key is not None:
                found = verdict(each, answer).words
                known.append(f"{answer.key.label} ({found}, {proof(each, answer)})")
    finally:
        if session.close is not None:
            with suppress(KeyconsoleError):
                await session.close()
    if not known:
        return "knows none of them."
    more = f" and {len(known) - _LISTED} more" if len(known) > _LISTED else ""
    return f"knows {', '.join(known[:_LISTED])}{more}: P goes there."
