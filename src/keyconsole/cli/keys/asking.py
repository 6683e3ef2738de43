"""Asks one or several services about keys that were found."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from keyconsole.cli import prompts
from keyconsole.cli.configuration import read_config
from keyconsole.cli.options import ServiceOptions
from keyconsole.cli.session import Service, converse
from keyconsole.cli.target import Target, find_target
from keyconsole.core.candidates import find_candidates
from keyconsole.core.errors import ExitCode, KeyconsoleError, UsageError
from keyconsole.flows.identification import identify
from keyconsole.local import paths
from keyconsole.local.config import EMBEDDED
from keyconsole.text import advice

if TYPE_CHECKING:
    from keyconsole.core.candidates import Candidate
    from keyconsole.wire import Identified

_DATABASE = "keyconsole.db"


@dataclass
class Asked:
    """A service, as whom it was asked, and its answer to each candidate; or why there is none."""

    profile: str
    url: str | None
    workspaces: Sequence[str] = ()
    answers: "Sequence[Identified]" = field(default=(), repr=False)
    error: KeyconsoleError | None = None

    def document(self) -> dict[str, Any]:
        """The same for a program."""
        return {
            "profile": self.profile,
            "url": self.url,
            "workspaces": list(self.workspaces),
            "error": self.error.message if self.error else None,
        }

    def sentence(self) -> str:
        """The same for a person."""
        where = f"{self.profile} ({self.url or 'this machine'})"
        if self.error is not None:
            return f"No answer from {where}: {self.error.message}"
        within = ", ".join(self.workspaces) or "none"
        noun = "workspace" if len(self.workspaces) == 1 else "workspaces"
        return f"Asked: {where}, {noun} {within}."


def targets(options: ServiceOptions, *, all_profiles: bool) -> tuple[list[Target], list[str]]:
    """The services to ask, the one that is meant first, and the names of those that are not.

    This machine's own is among them only if it was ever used. Raises `UsageError`, and
    `ConfigurationError` where the one that is meant cannot be asked.
    """
    config = read_config()
    if all_profiles and (options.profile or options.token_file):
        raise UsageError("--all-profiles goes without --profile and --token-file.")
    meant = find_target(options, config)
    others = others_than(meant)
    if not all_profiles:
        return [meant], others
    found = [meant]
    for name in others:
        own = ServiceOptions(profile=name, read_only=True)
        # Settings of the environment are meant for one service, a token above all.
        found.append(find_target(own, config, environ={}))
    return found, []


def others_than(target: Target) -> list[str]:
    """Returns the names of the profiles whose service is not asked where this one is."""
    names = sorted(name for name in read_config().profiles if name != EMBEDDED)
    every = [*names, EMBEDDED] if is_embedded_used() else names
    return [name for name in every if name != target.profile]


def is_embedded_used() -> bool:
    """Returns if the embedded service has a database. Asking the service would make one."""
    return os.path.lexists(paths.data_dir() / _DATABASE)


def found_in(text: str) -> "tuple[Candidate, ...]":
    """Returns the keys in a text to ask about. Tokens and broken keys are counted and not shown."""
    found = find_candidates(text)
    if found.tokens:
        prompts.tell(advice.tokens_found(found.tokens))
    if found.broken:
        prompts.tell(f"Like a key, but with a wrong checksum, so cut or mistyped: {found.broken}.")
    return found.candidates


def tell_who_was_asked(asked: Sequence[Asked], left_out: Sequence[str]) -> None:
    """Tells a person who was asked, and the profiles that were not."""
    for each in asked:
        prompts.tell(each.sentence())
    if left_out:
        prompts.tell(f"Not asked: {', '.join(left_out)}. --all-profiles asks them too.")


def ask_each(targets: Sequence[Target], candidates: "Sequence[Candidate]") -> list[Asked]:
    """The answers of every service. Raises the error of one that is asked alone."""

    async def ask_one(target: Target) -> Asked:
        async def conversation(service: Service) -> Asked:
            me = await service.client.me()
            names = [membership.workspace for membership in me.memberships]
            answers = [each async for _, each in identify(service.client, candidates)]
            return Asked(target.profile, target.url, names, answers)

        try:
            return await converse(target, conversation)
        except KeyconsoleError as error:
            if len(targets) == 1:
                raise
            return Asked(target.profile, target.url, error=error)

    async def ask_all() -> list[Asked]:
        return [await ask_one(target) for target in targets]

    return asyncio.run(ask_all())


def known_first(
    candidates: "Sequence[Candidate]", asked: Sequence[Asked]
) -> "list[tuple[Candidate, Identified, str]]":
    """Every candidate with the answer of each service that knows it; else once, as unknown."""
    found = []
    for index, candidate in enumerate(candidates):
        answers = [(each.answers[index], each.profile) for each in asked if each.error is None]
        known = [(answer, profile) for answer, profile in answers if answer.key is not None]
        for answer, profile in known or [(answer, "") for answer, _ in answers[:1]]:
            found.append((candidate, answer, profile))
    return found


def exit_code(candidates: "Sequence[Candidate]", asked: Sequence[Asked]) -> int:
    """Done if a key is known; if none is, the error of a service that may know it, else not found.

    With a key that is known to nobody while a service failed, it failed.
    """
    answers = [each.answers for each in asked if each.error is None]
    known = [
        any(given[index].key is not None for given in answers) for index in range(len(candidates))
    ]
    error = next((each.error for each in asked if each.error is not None), None)
    if error is not None and not all(known):
        return error.exit_code
    return ExitCode.DONE if any(known) else ExitCode.NOT_FOUND
