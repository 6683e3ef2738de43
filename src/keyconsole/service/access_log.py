"""Each management request as it ended: one more in the tally, and a line in the log.

Reads that succeed are for debugging; what changes something or was refused is information. A
route stands for the address, which may be anything.
"""

import logging
from collections.abc import Mapping
from typing import Any

from keyconsole.service.logs import log
from keyconsole.service.routes.requests import route_of
from keyconsole.service.runtime import Runtime

_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PATCH", "PUT", "DELETE"})
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_REFUSED = 400


def tell(runtime: Runtime, scope: Mapping[str, Any], status: int, seconds: float) -> None:
    """A request was answered."""
    method = scope["method"] if scope["method"] in _METHODS else "other"
    route = route_of(scope)
    runtime.requests.add((method, route, status), seconds)
    actor = scope["state"].get("actor")
    log.log(
        logging.DEBUG if method in _READS and status < _REFUSED else logging.INFO,
        "answered",
        request_id=scope["state"]["request_id"],
        method=method,
        route=route,
        status=status,
        ms=round(seconds * 1000, 1),
        account=actor and actor.account.id,
    )
