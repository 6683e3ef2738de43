"""`keyconsole tokens`: what signs people and gateways in. For admins.

```
reading.py   tokens list      create.py   tokens create
revoke.py    tokens revoke    cards.py    how a token is written
```
"""

import click

from keyconsole.cli.group import LoadedWhenUsed

_HOMES = {
    "create": "tokens.create:create",
    "list": "tokens.reading:list_tokens",
    "revoke": "tokens.revoke:revoke",
}


@click.group(cls=LoadedWhenUsed, homes=_HOMES, options_metavar="", subcommand_metavar="COMMAND")
def tokens() -> None:
    """Operator tokens, which sign people and gateways in.

    Admins make, list and revoke them for the members of their workspace. Whoever is a member of
    several makes them for themselves in each.
    """
