"""The number of files that a process may have open (`ulimit -n`)."""

import contextlib
import resource

from keyconsole.core.errors import ConfigurationError

LEAST = 64
"""A service with few clients has about 40 open: sockets, and three for each connection."""

WANTED = 4096


def require_enough() -> None:
    """Raises the limit as far as is allowed; `ConfigurationError` if it stays too low."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if _is_enough(soft, WANTED):
        return
    wanted = WANTED if hard == resource.RLIM_INFINITY else min(hard, WANTED)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if not _is_enough(soft, LEAST):
        raise ConfigurationError(
            f"A process may open only {soft} files here, and the service needs {LEAST}: raise the "
            "limit with ulimit -n 1024."
        )


def _is_enough(limit: int, number: int) -> bool:
    return limit == resource.RLIM_INFINITY or limit >= number
