"""The report of an unhandled exception: a traceback without locals or credentials."""

from __future__ import annotations

import sys
import traceback

from keyconsole.core.errors import KeyconsoleError


def current_crash() -> KeyconsoleError:
    """Returns the exception being handled as an error to print once the terminal is restored."""
    from keyconsole.core import credentialtext

    error = sys.exc_info()[1]
    lines = traceback.format_exception(error) if error else []
    return KeyconsoleError(
        "Something went wrong inside the console; nothing was changed by that.\n"
        + credentialtext.redact("".join(lines))
    )
