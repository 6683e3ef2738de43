"""`keyconsole tokens`: what signs people and gateways in. For admins.

```
reading.py   tokens list      create.py   tokens create
revoke.py    tokens revoke    cards.py    how a token is written
```
"""

from collections.abc import Mapping
from typing import ClassVar

import click

from keyconsole.cli.group import LoadedWhenUsed


class TokenCommands(LoadedWhenUsed):
    """The commands and where they live."""

    homes: ClassVar[Mapping[str, str]] = {
        "create": "keyconsole.cli.tokens.create:create",
        "list": "keyconsole.cli.tokens.reading:list_tokens",
        "revoke": "keyconsole.cli.tokens.revoke:revoke",
    }


@click.group(cls=TokenCommands, options_metavar="", subcommand_metavar="COMMAND")
def tokens() -> None:
    """Operator tokens, which sign people and gateways in.

    Admins make, list and revoke them for the members of their workspace. Whoever is a member of
    several makes them for themselves in each.
    """
