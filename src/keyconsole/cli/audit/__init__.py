"""`keyconsole audit`: who did what, and the proof that nobody changed what is written.

```
reading.py   audit list       export.py   audit export
verify.py    audit verify     which.py    the filters that list and export share
```
"""

import click

from keyconsole.cli.group import Home, LoadedWhenUsed

_HOMES: dict[str, Home] = {
    "export": (
        "audit.export:export",
        "Write the events to PATH, the newest first; - is standard output.",
    ),
    "list": (
        "audit.reading:list_events",
        "The events, the newest first; in a table each bulk revoke is one line.",
    ),
    "verify": ("audit.verify:verify", "Prove that the log is whole, against checkpoints too."),
}


@click.group(cls=LoadedWhenUsed, homes=_HOMES, options_metavar="", subcommand_metavar="COMMAND")
def audit() -> None:
    """Who did what, and when."""
