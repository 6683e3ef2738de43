"""`keyconsole keys identify`: which key is this? Only public keys and digests leave the machine."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from keyconsole.cli import pasting, prompts, resolve
from keyconsole.cli.keys import asking
from keyconsole.cli.lists import write_document
from keyconsole.cli.options import ServiceOptions, json_option, service_options
from keyconsole.cli.table import columns_of, terminal_width, write_rows
from keyconsole.core.candidates import Candidate
from keyconsole.core.credential import PUBLIC_KEY_PATTERN
from keyconsole.core.errors import UsageError, problem
from keyconsole.text import advice, verdicts

if TYPE_CHECKING:
    from keyconsole.wire import Identified

_TITLES = ("PUBLIC KEY", "IT IS", "SECRET", "LABEL", "INTEGRATION")


@click.command()
@click.argument("key", default="-", metavar="[PUBLIC_KEY|-]")
@click.option("--all-profiles", is_flag=True, help="Ask the service of every profile.")
@json_option
@service_options()
def identify(*, options: ServiceOptions, key: str, all_profiles: bool, as_json: bool) -> int:
    """Say which keys are in standard input (-), or which key a PUBLIC_KEY is.

    Keys are found in any text, a log or a chat, on this machine; on a terminal it is pasted
    unseen and ended with Ctrl-D. Only public keys and digests are sent. SECRET says whether the
    value is the key's own. One service is asked, or with --all-profiles each.
    """
    targets, left_out = asking.targets(options, all_profiles=all_profiles)
    candidates = asking.found_in(_text(key))
    if not candidates:
        raise problem("not-found", "There is no key in it. Nothing was sent.")
    asked = asking.ask_each(targets, candidates)
    found = asking.known_first(candidates, asked)
    if as_json:
        said = {"asked": [each.document() for each in asked], "not_asked": left_out}
        items = [_document(*each) | said for each in found]
        write_document({"items": items, "next_cursor": None})
    else:
        _write([_row(*each, several=all_profiles) for each in found], several=all_profiles)
    asking.tell_who_was_asked(asked, left_out)
    return asking.exit_code(candidates, asked)


def _text(argument: str) -> str:
    if argument != "-":
        name = resolve.named(argument)
        if PUBLIC_KEY_PATTERN.fullmatch(name) is None:
            raise UsageError("A public key is kcp_ and 16 characters; - reads standard input.")
        return name
    stdin = prompts.standard_input()
    if stdin.isatty():
        return pasting.read("Paste (not shown), then Ctrl-D")
    return pasting.read_whole(stdin.buffer)


def _write(rows: Sequence[Sequence[str]], *, several: bool) -> None:
    """A table; where it is too wide for the terminal, key by key, since nothing may be cut off."""
    titles = (*_TITLES, "PROFILE") if several else _TITLES
    table = [titles, *rows]
    width = terminal_width()
    needed = sum(max(map(columns_of, column)) + 2 for column in zip(*table, strict=True)) - 2
    if width is None or needed <= width:
        write_rows(table)
        return
    for number, row in enumerate(rows):
        if number:
            click.echo()
        titled = zip(titles, row, strict=True)
        write_rows([(title.capitalize(), value) for title, value in titled if value])


def _document(candidate: Candidate, answer: "Identified", profile: str) -> dict[str, Any]:
    return {
        "public_key": candidate.public_key,
        "profile": profile or None,
        "proof": _proof(candidate, answer).replace(" ", "_"),
        "had_secret": candidate.digest is not None,
        "secret": _secret(candidate, answer).replace(" ", "_"),
        "verdict": verdicts.verdict(candidate, answer),
        **answer.model_dump(mode="json"),
    }


def _row(
    candidate: Candidate, answer: "Identified", profile: str, *, several: bool
) -> tuple[str, ...]:
    key = answer.key
    row = (
        candidate.public_key,
        advice.sentence(candidate, answer),
        _proof(candidate, answer),
        key.label if key else "",
        key.integration_name if key else "",
    )
    return (*row, profile) if several else row


def _proof(candidate: Candidate, answer: "Identified") -> str:
    return str(verdicts.proof(candidate, answer)) if answer.key else "not checked"


def _secret(candidate: Candidate, answer: "Identified") -> str:
    """Returns whether the value is that of the key; a public key alone cannot tell."""
    if candidate.damaged:
        return "does not match"
    if candidate.digest is None or answer.key is None:
        return "not checked"
    return "matches" if answer.match == "match" else "does not match"
