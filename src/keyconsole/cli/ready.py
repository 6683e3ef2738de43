"""`keyconsole service ready`: what a container asks to learn whether its service is well."""

import http.client
import json
from contextlib import closing

import click

from keyconsole.cli.options import WholeNumber
from keyconsole.cli.prompts import tell
from keyconsole.core.errors import ExitCode
from keyconsole.core.safetext import show

_SECONDS = 4.0


@click.command()
@click.option("--host", metavar="ADDRESS", default="127.0.0.1", help="Default: 127.0.0.1.")
@click.option(
    "--port", metavar="PORT", type=WholeNumber(1, 65535), default=8321, help="Default: 8321."
)
def ready(*, host: str, port: int) -> int:
    """Ask a service whether it is ready.

    Says nothing and ends with 0 if it is; otherwise says why and ends with 1. For the health check
    of a container, which needs no other program then.
    """
    try:
        with closing(http.client.HTTPConnection(host, port, timeout=_SECONDS)) as connection:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            body = answer.read(4096)
    except (OSError, http.client.HTTPException, ValueError):  # of a host that cannot be one
        tell(f"No service answers on {host} port {port}.")
        return ExitCode.FAILED
    if answer.status == http.client.OK:
        return ExitCode.DONE
    tell(show(_reason(body) or f"It is not ready: status {answer.status}."))
    return ExitCode.FAILED


def _reason(body: bytes) -> str | None:
    try:
        return str(json.loads(body)["detail"])
    except (ValueError, KeyError, TypeError):
        return None
