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

import click

from keyconsole.cli.group import LoadedWhenUsed

_HOMES = {
    "audit": "keys.audit:audit",
    "create": "keys.create:create",
    "disable": "keys.disabling:disable",
    "enable": "keys.disabling:enable",
    "expiry": "keys.expiring:change_expiry",
    "identify": "keys.identify:identify",
    "list": "keys.reading:list_keys",
    "receipt": "keys.receipt:receipt",
    "refusals": "keys.refusals:refusals",
    "rename": "keys.rename:rename",
    "review": "keys.review:review",
    "revoke-many": "keys.many:revoke_many",
    "revoke": "keys.revoke:revoke",
    "rotate": "keys.rotate:rotate",
    "rotation": "keys.rotation:rotation",
    "rotations": "keys.rotation:rotations",
    "show": "keys.reading:show",
    "usage": "keys.usage:usage",
}


@click.group(cls=LoadedWhenUsed, homes=_HOMES, options_metavar="", subcommand_metavar="COMMAND")
def keys() -> None:
    """API keys: find, create, rename, rotate, disable, revoke, identify."""
