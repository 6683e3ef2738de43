"""`keyconsole scan`: credentials in files, found here; nothing leaves unless it is asked for."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keyconsole.cli import leaks, prompts
from keyconsole.cli.leaks import Leak
from keyconsole.cli.lists import write_document
from keyconsole.cli.options import ServiceOptions, json_option, service_options
from keyconsole.cli.table import write_rows
from keyconsole.cli.talking import Service, ask
from keyconsole.credential import Kind
from keyconsole.errors import ExitCode

if TYPE_CHECKING:
    from keyconsole.client.identification import Verdict

_KINDS = {Kind.API_KEY: "API key", Kind.OPERATOR_TOKEN: "operator token"}
_STANDARD_INPUT = "-"


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH...|-]")
@click.option("--online", is_flag=True, help="Ask the service what became of each.")
@json_option
@service_options()
def scan(*, options: ServiceOptions, paths: Sequence[str], online: bool, as_json: bool) -> int:
    """Find credentials in files, directories or standard input (-).

    Offline: what is found is checked by its checksum here, and shown masked. With --online only
    names and digests are sent. Exit code 1 if anything was found, or could not be read.
    """
    found, unread = _look(paths or (_STANDARD_INPUT,))
    verdicts = _ask(options, found) if online and found else {}
    if as_json:
        items = [_document(leak, verdicts.get(leak)) for leak in found]
        write_document({"items": items, "unread": unread})
    else:
        write_rows([_row(leak, verdicts.get(leak)) for leak in found])
    if not found and not unread:
        prompts.tell("No credential was found.")
    return ExitCode.FAILED if found or unread else ExitCode.DONE


def _look(paths: Sequence[str]) -> tuple[list[Leak], list[str]]:
    """What was found, and what could not be read, each told on the way."""
    found: list[Leak] = []
    unread: list[str] = []
    for name in paths:
        for path in _files(name):
            try:
                found += _read(path)
            except OSError as error:
                prompts.tell(f"{path} could not be read: {error.strerror or 'it is not a file'}.")
                unread.append(path)
    return found, unread


def _files(name: str) -> Iterator[str]:
    if name == _STANDARD_INPUT:
        yield name
    else:
        yield from (str(path) for path in leaks.files_below(Path(name)))


def _read(path: str) -> list[Leak]:
    if path == _STANDARD_INPUT:
        return [] if sys.stdin is None else list(leaks.find_in(sys.stdin.buffer, path))
    with Path(path).open("rb") as stream:
        return list(leaks.find_in(stream, path))


def _ask(options: ServiceOptions, found: Sequence[Leak]) -> "dict[Leak, Verdict]":
    """What each API key is now. Operator tokens are not asked about: they sign in, and no more."""
    from keyconsole.client.identification import Candidate, verdict

    async def conversation(service: Service) -> "dict[Leak, Verdict]":
        known: dict[tuple[str, str], Verdict] = {}
        for leak in found:
            if leak.kind is Kind.API_KEY and (leak.public_key, leak.digest) not in known:
                answer = await service.client.identify(leak.public_key, leak.digest)
                candidate = Candidate(leak.public_key, leak.digest)
                known[leak.public_key, leak.digest] = verdict(candidate, answer)
        return {
            leak: known[leak.public_key, leak.digest] for leak in found if leak.kind is Kind.API_KEY
        }

    return ask(options, conversation)


def _document(leak: Leak, status: "Verdict | None") -> dict[str, Any]:
    document: dict[str, Any] = {
        "path": leak.path,
        "line": leak.line,
        "column": leak.column,
        "kind": "api_key" if leak.kind is Kind.API_KEY else "operator_token",
        "public_key": leak.public_key if leak.kind is Kind.API_KEY else None,
        "masked": leak.masked,
    }
    return document if status is None else document | {"verdict": status}


def _row(leak: Leak, status: "Verdict | None") -> tuple[str, ...]:
    place = f"{leak.path}:{leak.line}:{leak.column}"
    row = (place, leak.masked, _KINDS[leak.kind])
    return row if status is None else (*row, status.replace("_", " "))
