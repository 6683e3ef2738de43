"""`keyconsole keys identify`: which key is this? Only public keys and digests leave the machine."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from keyconsole.cli import finding, pasting, prompts
from keyconsole.cli.keys import cards
from keyconsole.cli.lists import exactly, write_document
from keyconsole.cli.options import ServiceOptions, json_option, service_options
from keyconsole.cli.table import columns_of, terminal_width, write_rows
from keyconsole.cli.talking import Service, ask
from keyconsole.client import identification
from keyconsole.client.identification import Verdict, verdict
from keyconsole.credential import PUBLIC_KEY_PATTERN
from keyconsole.errors import ExitCode, UsageError, problem

if TYPE_CHECKING:
    from keyconsole.client.identification import Candidate
    from keyconsole.wire import Identified, Key

LONGEST = 64 * 1024 * 1024

_TITLES = ("PUBLIC KEY", "IT IS", "SECRET", "LABEL", "INTEGRATION")


@click.command()
@click.argument("key", default="-", metavar="[PUBLIC_KEY|-]")
@json_option
@service_options()
def identify(*, options: ServiceOptions, key: str, as_json: bool) -> int:
    """Say which keys are in standard input (-), or which key a PUBLIC_KEY is.

    Keys are found in any text, a log or a chat, on this machine; on a terminal it is pasted
    unseen and ended with Ctrl-D. Only public keys and digests are sent. SECRET says whether the
    value is the key's own.
    """
    candidates = _candidates(_text(key))
    if not candidates:
        raise problem("not-found", "There is no key in it. Nothing was sent.")

    async def conversation(service: Service) -> "list[Identified]":
        ask_service = service.client.identify
        return [await ask_service(each.public_key, each.digest) for each in candidates]

    answers = ask(options, conversation)
    found = list(zip(candidates, answers, strict=True))
    if as_json:
        write_document({"items": [_document(*each) for each in found], "next_cursor": None})
    else:
        _write([_row(*each) for each in found])
    known = any(answer.key is not None for answer in answers)
    return ExitCode.DONE if known else ExitCode.NOT_FOUND


def _text(argument: str) -> str:
    if argument != "-":
        name = finding.named(argument)
        if PUBLIC_KEY_PATTERN.fullmatch(name) is None:
            raise UsageError("A public key is kcp_ and 16 characters; - reads standard input.")
        return name
    if sys.stdin is None:
        raise UsageError("Standard input is closed.")
    if sys.stdin.isatty():
        return pasting.read("Paste (not shown), then Ctrl-D")
    read = sys.stdin.buffer.read(LONGEST + 1)
    if len(read) > LONGEST:
        raise UsageError(f"At most {LONGEST >> 20} MiB of text at once.")
    return read.decode("utf-8", "replace")


def _candidates(text: str) -> "tuple[Candidate, ...]":
    """What to ask about; what is no key is told without being shown."""
    found = identification.find(text)
    if found.tokens:
        prompts.tell(
            f"Operator tokens in it: {found.tokens}. Whoever has one acts in its owner's name: "
            "have it revoked."
        )
    if found.broken:
        prompts.tell(f"Like a key, but with a wrong checksum, so cut or mistyped: {found.broken}.")
    return found.candidates


def _write(rows: Sequence[Sequence[str]]) -> None:
    """A table; where it is too wide for the terminal, key by key, since nothing may be cut off."""
    table = [_TITLES, *rows]
    width = terminal_width()
    needed = sum(max(map(columns_of, column)) + 2 for column in zip(*table, strict=True)) - 2
    if width is None or needed <= width:
        write_rows(table)
        return
    for number, row in enumerate(rows):
        if number:
            click.echo()
        titled = zip(_TITLES, row, strict=True)
        write_rows([(title.capitalize(), value) for title, value in titled if value])


def _document(candidate: "Candidate", answer: "Identified") -> dict[str, Any]:
    return {
        "public_key": candidate.public_key,
        "had_secret": candidate.digest is not None,
        "secret": _secret(candidate, answer).replace(" ", "_"),
        "verdict": verdict(candidate, answer),
        **answer.model_dump(mode="json"),
    }


def _row(candidate: "Candidate", answer: "Identified") -> tuple[str, ...]:
    key = answer.key
    return (
        candidate.public_key,
        _sentence(candidate, answer),
        _secret(candidate, answer),
        key.label if key else "",
        key.integration_name if key else "",
    )


def _secret(candidate: "Candidate", answer: "Identified") -> str:
    """Whether the value is that of the key: a cut one, or a public key alone, cannot tell."""
    if candidate.damaged:
        return "does not match"
    if candidate.digest is None or answer.key is None:
        return "not checked"
    return "matches" if answer.match == "match" else "does not match"


def _sentence(candidate: "Candidate", answer: "Identified") -> str:
    if (key := answer.key) is None:
        return "not ours"
    match verdict(candidate, answer):
        case Verdict.WRONG_SECRET:  # asked with a digest, the service told of nothing else
            return f"right id, wrong secret: mistyped or forged. The key is {cards.state(key)}"
        case Verdict.DAMAGED:
            state = _refused(identification.state(answer), key)
            return f"{state or 'a LIVE key'}, but this value is damaged or mistyped"
        case Verdict.LIVE if candidate.digest is None:
            return "a LIVE key: it authenticates now"
        case Verdict.LIVE:
            return "LIVE: it authenticates now"
        case refused:
            return _refused(refused, key)


def _refused(state: Verdict, key: "Key") -> str:
    """Why a key does not authenticate; nothing where it does."""
    if state is Verdict.LIVE:
        return ""
    if state is Verdict.REVOKED and key.revoked_at is not None:
        return f"revoked {exactly(key.revoked_at)} by {key.revoked_by}"
    return f"refused: {state.replace('_', ' ')}"
