"""`keyconsole keys`: one module a command.

```
reading.py   keys list, keys show      create.py    keys create
rename.py    keys rename               revoke.py    keys revoke
disabling.py keys disable, keys enable  many.py      keys revoke-many
identify.py  keys identify             receipt.py   keys receipt
rotate.py    keys rotate               rotation.py  keys rotation, rotations
expiring.py  keys expiry               review.py    keys review
usage.py     keys usage                refusals.py  keys refusals
audit.py     keys audit                cards.py     how a key is written
reason_option.py   why a key is revoked
```
"""

from collections.abc import Mapping
from typing import ClassVar

import click

from keyconsole.cli.group import LoadedWhenUsed


class KeyCommands(LoadedWhenUsed):
    """The commands and where they live."""

    homes: ClassVar[Mapping[str, str]] = {
        "audit": "keyconsole.cli.keys.audit:audit",
        "create": "keyconsole.cli.keys.create:create",
        "disable": "keyconsole.cli.keys.disabling:disable",
        "enable": "keyconsole.cli.keys.disabling:enable",
        "expiry": "keyconsole.cli.keys.expiring:change_expiry",
        "identify": "keyconsole.cli.keys.identify:identify",
        "list": "keyconsole.cli.keys.reading:list_keys",
        "receipt": "keyconsole.cli.keys.receipt:receipt",
        "refusals": "keyconsole.cli.keys.refusals:refusals",
        "rename": "keyconsole.cli.keys.rename:rename",
        "review": "keyconsole.cli.keys.review:review",
        "revoke-many": "keyconsole.cli.keys.many:revoke_many",
        "revoke": "keyconsole.cli.keys.revoke:revoke",
        "rotate": "keyconsole.cli.keys.rotate:rotate",
        "rotation": "keyconsole.cli.keys.rotation:rotation",
        "rotations": "keyconsole.cli.keys.rotation:rotations",
        "show": "keyconsole.cli.keys.reading:show",
        "usage": "keyconsole.cli.keys.usage:usage",
    }


@click.group(cls=KeyCommands, options_metavar="", subcommand_metavar="COMMAND")
def keys() -> None:
    """API keys: find, create, rename, rotate, disable, revoke, identify."""
