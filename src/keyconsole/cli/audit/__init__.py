"""`keyconsole audit`: who did what, and the proof that nobody changed what is written.

```
reading.py   audit list       export.py   audit export
verify.py    audit verify     which.py    the filters that list and export share
```
"""

from collections.abc import Mapping
from typing import ClassVar

import click

from keyconsole.cli.group import LoadedWhenUsed


class AuditCommands(LoadedWhenUsed):
    """The commands and where they live."""

    homes: ClassVar[Mapping[str, str]] = {
        "export": "keyconsole.cli.audit.export:export",
        "list": "keyconsole.cli.audit.reading:list_events",
        "verify": "keyconsole.cli.audit.verify:verify",
    }


@click.group(cls=AuditCommands, options_metavar="", subcommand_metavar="COMMAND")
def audit() -> None:
    """Who did what, and when."""
