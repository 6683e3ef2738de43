"""The option that takes a reason, as the words that the console shows or the names of RFC 5280."""

import re
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from keyconsole.text.reasons import WORDS

NAMES = {words.replace(" ", "-"): name for name, words in WORDS.items()}
"""The names by the words, with hyphens that need no quotes."""

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
        return f"[{'|'.join(NAMES)}]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name of RFC 5280. Fails for anything else."""
        said = _BETWEEN.sub("-", str(value).strip().lower())
        if said in NAMES:
            return NAMES[said]
        if (name := said.replace("-", "_")) in WORDS:
            return name
        raise click.BadParameter(
            f"There is {', '.join(NAMES)}; the names of RFC 5280 will do too.", ctx, param
        )

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """The words, then the names."""
        return [CompletionItem(each) for each in (*NAMES, *WORDS) if each.startswith(incomplete)]


reason_option = click.option(
    "--reason", type=Reason(), help="Why. The names of RFC 5280 will do too."
)
