"""`keyconsole tokens`: what signs people and gateways in. For admins.

```
reading.py   tokens list      create.py   tokens create
revoke.py    tokens revoke    cards.py    how a token is written
```
"""

import click

from keyconsole.cli.group import Home, LoadedWhenUsed

_HOMES: dict[str, Home] = {
    "create": (
        "tokens.create:create",
        "Make a token for a MEMBER, by address or account, or yourself; print its value, once.",
    ),
    "list": ("tokens.reading:list_tokens", "The operator tokens, newest first."),
    "revoke": (
        "tokens.revoke:revoke",
        "Revoke a TOKEN, by its id tok_…, at once and for ever.",
    ),
}


@click.group(cls=LoadedWhenUsed, homes=_HOMES, options_metavar="", subcommand_metavar="COMMAND")
def tokens() -> None:
    """Operator tokens, which sign people and gateways in.

    Admins make, list and revoke them for the members of their workspace. Whoever is a member of
    several makes them for themselves in each.
    """
