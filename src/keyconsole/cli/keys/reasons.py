"""Why a key is revoked: the words that the console says, and the names of RFC 5280 for the wire."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

WORDS: Mapping[str, str] = {
    "not-said": "unspecified",
    "leaked": "key_compromise",
    "replaced": "superseded",
    "owner-left": "affiliation_changed",
    "not-needed": "cessation_of_operation",
    "withdrawn": "privilege_withdrawn",
}
"""The names by the words; the words are the console's, with hyphens that need no quotes."""

UNSAID = "unspecified"

_NAMES = {name: word for word, name in WORDS.items()}
_BETWEEN = re.compile(r"[\s_-]+")


if TYPE_CHECKING:
    _Words = click.ParamType[str]
else:  # generic only in the newest versions of click
    _Words = click.ParamType


class Reason(_Words):
    """A word or a name, however its parts are put together; its value is the name."""

    name = "reason"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        """The words."""
        return f"[{'|'.join(WORDS)}]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name of RFC 5280. Fails for anything else."""
        said = _BETWEEN.sub("-", str(value).strip().lower())
        if said in WORDS:
            return WORDS[said]
        if (name := said.replace("-", "_")) in _NAMES:
            return name
        raise click.BadParameter(
            f"There is {', '.join(WORDS)}; the names of RFC 5280 will do too.", ctx, param
        )

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """The words, then the names."""
        return [CompletionItem(each) for each in (*WORDS, *_NAMES) if each.startswith(incomplete)]


def shown(name: str) -> str:
    """A reason for people: the word, and the name that stands in the audit log."""
    word = _NAMES.get(name)
    return f"{word.replace('-', ' ')} ({name})" if word else name
