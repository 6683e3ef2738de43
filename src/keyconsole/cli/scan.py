"""`keyconsole scan`: credentials in files, found here; nothing leaves unless it is asked for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from keyconsole.cli import gitobjects, prompts
from keyconsole.cli.leaks import Leak
from keyconsole.cli.lists import write_document
from keyconsole.cli.options import ServiceOptions, json_option, service_options
from keyconsole.cli.searching import STANDARD_INPUT, Search
from keyconsole.cli.table import write_rows
from keyconsole.core.credential import Kind
from keyconsole.core.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from keyconsole.text.verdicts import Verdict

_KINDS = {Kind.API_KEY: "API key", Kind.OPERATOR_TOKEN: "operator token"}


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH...|-]")
@click.option("--staged", is_flag=True, help="What a git commit would take, from the index.")
@click.option(
    "--diff",
    metavar="[RANGE]",
    is_flag=False,
    flag_value="HEAD",
    help="Files of Git that differ; without RANGE those changed since the last commit.",
)
@click.option("--history", metavar="RANGE", help="All that came in with commits: main..HEAD.")
@click.option(
    "--skip", metavar="PATTERN", multiple=True, help="Leave out such paths or names: *.zip"
)
@click.option("--online", is_flag=True, help="Ask the service what became of each.")
@click.option("--all-profiles", is_flag=True, help="With --online: the service of every profile.")
@json_option
@service_options()
def scan(
    *,
    options: ServiceOptions,
    paths: Sequence[str],
    staged: bool,
    diff: str | None,
    history: str | None,
    skip: Sequence[str],
    online: bool,
    all_profiles: bool,
    as_json: bool,
) -> int:
    """Find credentials in files, directories, standard input (-) or Git.

    Offline: what is found is checked by its checksum here, and shown masked. UTF-16, hexadecimal
    and one level of base64 are read too; archives, submodules and what Git LFS keeps are not looked
    into, which is said of each. With --online only names and digests are sent, to one service or
    with --all-profiles to each. Exit code 1 if anything was found, or could not be read.
    """
    if sum((bool(paths), staged, diff is not None, history is not None)) > 1:
        raise UsageError("One of PATH, --staged, --diff and --history says what is scanned.")
    if all_profiles and not online:
        raise UsageError("--all-profiles goes with --online.")
    search = Search(skip)
    if staged:
        search.git(gitobjects.staged())
    elif diff is not None:
        search.git(gitobjects.changed(diff), gitobjects.top())
    elif history is not None:
        search.git(gitobjects.history(history))
    else:
        search.paths(paths or (STANDARD_INPUT,))
    found, unread = search.found, search.unread
    verdicts, said = dict[Leak, "Verdict"](), dict[str, Any]()
    if online and found:
        verdicts, said = _ask(options, found, all_profiles=all_profiles)
    if as_json:
        items = [_document(leak, verdicts.get(leak)) for leak in found]
        reasons = {each.path: each.reason for each in unread}
        document: dict[str, Any] = {"items": items, "unread": list(reasons)}
        write_document(document | ({"reasons": reasons} if reasons else {}) | said)
    else:
        write_rows([_row(leak, verdicts.get(leak)) for leak in found])
    if not found and not unread:
        prompts.tell("No credential was found.")
    return ExitCode.FAILED if found or unread else ExitCode.DONE


def _ask(
    options: ServiceOptions, found: Sequence[Leak], *, all_profiles: bool
) -> "tuple[dict[Leak, Verdict], dict[str, Any]]":
    """Returns the verdict on each API key, and who was asked and who was not, for a program.

    No service is asked about operator tokens.
    """
    from keyconsole.cli.keys import asking
    from keyconsole.core.candidates import Candidate
    from keyconsole.text.verdicts import verdict

    targets, left_out = asking.targets(options, all_profiles=all_profiles)
    keys = {
        leak: Candidate(leak.public_key, leak.digest) for leak in found if leak.kind is Kind.API_KEY
    }
    candidates = list(dict.fromkeys(keys.values()))
    asked = asking.ask_each(targets, candidates)
    known: dict[Candidate, Verdict] = {}
    for candidate, answer, _ in asking.known_first(candidates, asked):
        known.setdefault(candidate, verdict(candidate, answer))
    asking.tell_who_was_asked(asked, left_out)
    said = {"asked": [each.document() for each in asked], "not_asked": left_out}
    return {leak: known[key] for leak, key in keys.items() if key in known}, said


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
    return row if status is None else (*row, status.words)
