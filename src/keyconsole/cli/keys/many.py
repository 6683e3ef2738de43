"""`keyconsole keys revoke-many`: exactly those that are shown, and a line each."""

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keyconsole.cli import pasting, prompts, resolve, retrying
from keyconsole.cli.keys import asking, reading
from keyconsole.cli.keys.reason_option import reason_option
from keyconsole.cli.lists import exactly, when, write_document, write_table
from keyconsole.cli.options import ServiceOptions, grounds_options, json_option, service_options
from keyconsole.cli.session import Service, ask
from keyconsole.core.candidates import Candidate
from keyconsole.core.errors import ExitCode, KeyconsoleError, UsageError, problem
from keyconsole.core.queries.keys import quoted
from keyconsole.flows.bulk_revocation import Ended, Looking, Running, Sending, Shown
from keyconsole.flows.identification import revocation_of
from keyconsole.local import inputfile
from keyconsole.text import bulk, columns, lockout, reasons
from keyconsole.text.columns import Column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from keyconsole.client import KeyServiceClient
    from keyconsole.wire import RevocationRequest, SelectedKey, Selection

POLL_SECONDS = 0.2

_TERMS = {
    "label": "label:",
    "created_by": "by:",
    "unused_for": "unused:",
    "created_after": "created:>=",
    "created_before": "created:<",
}
"""The options that are terms of a query, and how those begin."""


@click.command("revoke-many")
@click.argument("query", nargs=-1)
@click.option("--integration", metavar="INTEGRATION", help="Those of this one, by id or name.")
@click.option("--label", metavar="PATTERN", help="Those with such a name; ci-* or legacy-??")
@click.option("--created-by", metavar="ACCOUNT", help="Those made by this account.")
@click.option("--unused-for", metavar="TIME", help="Those unused for so long, such as 90d.")
@click.option("--created-after", metavar="DATE", help="Those made on this day or later, UTC.")
@click.option("--created-before", metavar="DATE", help="Those made before this day, UTC.")
@click.option("--from", "source", metavar="FILE|-", help="Those that are found in a text.")
@click.option(
    "--include-names", is_flag=True, help="With --from: those of which only the name is found, too."
)
@click.option("--dry-run", is_flag=True, help="Show which keys that are, and change nothing.")
@click.option("--expect", metavar="N", type=int, help="With --yes: how many a dry run showed.")
@reason_option
@grounds_options
@click.option("--yes", is_flag=True, help="Do not ask; takes --expect.")
@json_option
@service_options()
def revoke_many(
    *,
    options: ServiceOptions,
    source: str | None,
    include_names: bool,
    dry_run: bool,
    expect: int | None,
    yes: bool,
    as_json: bool,
    **given: Any,
) -> int:
    """Revoke many keys at once and for ever: all that is given must hold for each.

    QUERY is what / takes in the console, such as: label:ci-* env:sandbox unused:90d. The options
    add terms to it. Keys that are revoked already are left out.

    They are shown first, and their number is typed to confirm. Without a terminal it takes --yes
    and --expect with the number that a dry run showed; if that has changed, nothing is revoked.
    """
    if include_names and source is None:
        raise UsageError("--include-names goes with --from.")
    typed = _query(source, given)
    if not dry_run:
        _require_count(yes=yes, expect=expect)
    text = None if source is None else _text(source)
    found, named = ([], []) if text is None else _found(text, include_names=include_names)

    async def conversation(service: Service) -> "Selection | Ended":
        if not dry_run:
            service.require_writing()
        request = await _request(service, None if text is None else found, typed, given)
        shown = await Looking(request).look(service.client)
        _say_left_out(shown.selection, service)
        if dry_run:
            return shown.selection
        if yes:
            _compare(shown.selection, expect)
        else:
            _confirm(shown)
        _say_lockout(shown.lockout)
        return await _revoke(service, shown)

    _say_named(named)
    result = ask(options, conversation)
    if isinstance(result, Ended):
        return _end(result, as_json=as_json)
    if as_json:
        proven = [each.public_key for each in found if each.digest is not None]
        sorts = {} if text is None else {"proven": proven, "named": named}
        write_document(result.model_dump(mode="json") | sorts)
    else:
        _show(
            result,
            {each.public_key: "value proven" if each.digest else "name only" for each in found},
        )
    return ExitCode.DONE


def _require_count(*, yes: bool, expect: int | None) -> None:
    prompts.require_yes(yes=yes, what="Revoking keys")
    if yes and expect is None:
        raise UsageError("--yes goes with --expect N: how many keys a dry run showed.")


def _say_left_out(shown: "Selection", service: Service) -> None:
    """Tells which keys of a text are left out and why, and which services were not asked."""
    for keys, why in bulk.left_out(shown):
        prompts.tell(f"Left out, {why}: {', '.join(keys)}")
    if shown.unknown and (others := asking.others_than(service.target)):
        prompts.tell(f"Not asked: {', '.join(others)}. keys identify --all-profiles asks them too.")


def _say_named(named: "Sequence[str]") -> None:
    if named:
        prompts.tell(
            f"Name only, not selected: {', '.join(named)}. A text that mentions a key holds no "
            "secret of it; --include-names selects them too."
        )


def _text(source: str) -> str:
    if source == "-":
        return pasting.read_whole(prompts.standard_input().buffer)
    try:
        return pasting.whole(inputfile.read(Path(source), longest=pasting.LONGEST_FILE + 1).content)
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror}.") from None


def _found(text: str, *, include_names: bool) -> tuple[list[Candidate], list[str]]:
    """Returns the keys in a text, and the names that are left out. Raises `NotFoundError`."""
    whole = [each for each in asking.found_in(text) if not each.damaged]
    found = [each for each in whole if include_names or each.digest is not None]
    named = [] if include_names else [each.public_key for each in whole if each.digest is None]
    if not found:
        if named:
            raise problem(
                "not-found",
                f"There is no value of a key in it, only names: {', '.join(named)}. Nothing was "
                "sent; --include-names selects them.",
            )
        raise problem("not-found", "There is no key in it. Nothing was sent.")
    return found, named


def _query(source: str | None, given: dict[str, Any]) -> str:
    """Return the text of the query and of the options that are terms of it.

    Raises `UsageError` where that, and no text to find keys in, says which keys, or both do.
    """
    terms = [
        f"{start}{quoted(value)}"
        for name, start in _TERMS.items()
        if (value := given.pop(name)) is not None
    ]
    typed = " ".join((*given.pop("query"), *terms))
    if source is not None and (typed or given["integration"]):
        raise UsageError("--from names the keys: a query and the other options say which, too.")
    if source is None and not (reading.parsed(typed) or given["integration"]):
        raise UsageError("Say which keys, such as label:ci-* or --from FILE.")
    return typed


async def _request(
    service: Service,
    found: Sequence[Candidate] | None,
    typed: str,
    given: dict[str, Any],
) -> "RevocationRequest":
    from keyconsole.wire import RevocationRequest, RevokeReason

    grounds = {
        "reason": RevokeReason(given["reason"] or reasons.UNSAID),
        "incident": given["incident"],
        "note": given["note"],
    }
    if found is not None:
        return revocation_of(found, **grounds)
    if named := given["integration"]:
        typed = f"{typed} integration:{await resolve.integration_id(service.client, named)}"
    return RevocationRequest(query=str(reading.parsed(typed)), **grounds)


def _compare(shown: "Selection", expect: int | None) -> None:
    if shown.count != expect:
        raise problem(
            "selection-changed",
            f"These are {shown.count} keys by now, not {expect}: nothing was revoked.",
        )


def _confirm(shown: Shown) -> None:
    """Show them on standard error, and have their number typed, or the name of the only one."""
    found = shown.selection
    if not found.count:
        raise problem("not-found", "No key matches, or none that is alive.")
    for key in found.keys:
        used = when(key.last_used_at)
        prompts.tell(f"  {key.public_key}  {key.label}  {key.integration_name}  used {used}")
    if found.in_use:
        prompts.tell(f"IN USE WITHIN THE HOUR: {found.in_use}. Their next request gets 401.")
    if found.count == 1:
        question = f"Type its label, or {shown.accepted[-1]}, to revoke it for ever"
        prompts.ask_name(question, shown.accepted)
        return
    prompts.ask_words(
        "Type how many keys these are, to revoke all of them for ever",
        shown.accepted,
        "That is not their number: nothing was revoked.",
    )


def _say_lockout(sentence: str) -> None:
    """Tells that an integration would have no active key left, and asks where a person is there."""
    if sentence:
        if prompts.can_ask():
            prompts.ask_once_more(sentence)
        else:
            prompts.tell(sentence)


async def _revoke(service: Service, shown: Shown) -> Ended:
    """Begin, wait for the end, and read the line of every key."""
    if not shown.selection.count:
        raise problem("not-found", "No key matches, or none that is alive.")
    running = await retrying.send(
        lambda: Sending(shown).start(service.client),
        left_open=retrying.not_known("Whether they are revoked"),
    )
    begun = running.revocation
    try:
        return await _outcome(service.client, running)
    except KeyconsoleError as error:
        error.message = (
            f"{error.message} It goes on in the service: {begun.id}, request {begun.request_id}; "
            "a dry run shows what is left."
        )
        raise


async def _outcome(client: "KeyServiceClient", running: Running) -> Ended:
    state: Running | Ended = running
    while isinstance(state, Running):
        state = await retrying.send(partial(state.follow, client))
        if isinstance(state, Running):
            await asyncio.sleep(POLL_SECONDS)
    state = await retrying.send(partial(state.read_on, client))
    while state.cursor is not None:
        state = await retrying.send(partial(state.read_on, client))
    return state


def _show(shown: "Selection", proofs: "Mapping[str, str]") -> None:
    """Writes the keys, and for those of a text whether their value was in it."""
    proof: Column[SelectedKey] = Column(
        "proof", "Proof", lambda key: proofs.get(key.public_key), absent=""
    )
    write_table(shown.keys, [*columns.SELECTED_KEYS, *([proof] if proofs else [])])
    prompts.tell(f"{bulk.keys(shown.count)}, {shown.in_use} in use within the hour.")
    if sentence := lockout.of_selection(shown):
        prompts.tell(sentence)


def _end(ended: Ended, *, as_json: bool) -> int:
    revocation = ended.revocation
    if as_json:
        write_document(ended.document())
        return ExitCode.DONE
    write_table(list(ended.outcomes.values()), columns.REVOKED_KEYS, exactly)
    prompts.tell(
        f"{revocation.revoked} revoked, {revocation.already} before that by somebody else; "
        f"{revocation.id}, request {revocation.request_id}."
    )
    return ExitCode.DONE
