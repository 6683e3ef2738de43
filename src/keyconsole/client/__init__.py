"""The one place that speaks HTTP outward: each call of the contract is a method.

```
KeyServiceClient   the calls                       keyservice.py
Members, Tokens    people and what signs them in   members.py, tokens.py
                   those of one resource           rotations.py, workspaces.py, revocations.py
Connection         where a service is, and who asks   connection.py
CreateAttempt      a create that can be sent again    idempotent_request.py
                   what is asked again             retrying.py
                   request → reply, deadlines      transport.py, unreachable.py
                   reply → model or error          answers.py
                   what a 304 stands for           etags.py
                   paths and queries, no secrets   addresses.py
```

The names are resolved when they are first used, since httpx and pydantic cost a third of a
second that a first frame should not wait for.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keyconsole.client.connection import Connection
    from keyconsole.client.idempotent_request import (
        CreateAttempt,
        RotationAttempt,
        TokenAttempt,
        new_idempotency_key,
    )
    from keyconsole.client.keyservice import KeyServiceClient

# httpx imports a command line of its own where it can, and rich and pygments with it: a quarter
# of the time it takes. It bears that it is missing.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]

__all__ = [
    "Connection",
    "CreateAttempt",
    "KeyServiceClient",
    "RotationAttempt",
    "TokenAttempt",
    "new_idempotency_key",
]

_HOMES = {
    "Connection": "keyconsole.client.connection",
    "CreateAttempt": "keyconsole.client.idempotent_request",
    "KeyServiceClient": "keyconsole.client.keyservice",
    "RotationAttempt": "keyconsole.client.idempotent_request",
    "TokenAttempt": "keyconsole.client.idempotent_request",
    "new_idempotency_key": "keyconsole.client.idempotent_request",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
