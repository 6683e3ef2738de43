"""`keyconsole audit`: who did what, and the proof that nobody changed what is written.

```
reading.py   audit list       export.py   audit export
verify.py    audit verify     which.py    the filters that list and export share
```
"""

import click

from keyconsole.cli.group import LoadedWhenUsed

_HOMES = {
    "export": "audit.export:export",
    "list": "audit.reading:list_events",
    "verify": "audit.verify:verify",
}


@click.group(cls=LoadedWhenUsed, homes=_HOMES, options_metavar="", subcommand_metavar="COMMAND")
def audit() -> None:
    """Who did what, and when."""
