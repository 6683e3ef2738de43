"""keyconsole with the guard off, to see that the search for what gets past it finds something.

Run by a test in place of the command; nothing in the product can be switched off like this.
"""

import sys

from keyconsole.core import safetext


def _as_it_is(text: str) -> str:
    return text


safetext.show = _as_it_is

if __name__ == "__main__":
    from keyconsole.cli import entrypoint
    from keyconsole.console.terminal.output_filter import OutputFilter

    OutputFilter.apply = lambda self, segments, background: segments  # type: ignore[method-assign]
    sys.exit(entrypoint.run(sys.argv[1:]))
