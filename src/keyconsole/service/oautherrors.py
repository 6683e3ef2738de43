"""The errors of OAuth's endpoints: RFC 6749, section 5.2.

Their JSON has the members of a problem (RFC 9457) too, where `error` is OAuth's code.
"""

import re
from collections.abc import Mapping
from typing import Any

from keyconsole.core.errors import ProblemError

PATHS = frozenset({"/v1/introspect", "/v1/revoke"})
MEDIA_TYPE = "application/json"

_CODES = {
    401: "invalid_client",
    403: "unauthorized_client",
    429: "temporarily_unavailable",
    500: "server_error",
    503: "temporarily_unavailable",
}
"""By status. The last two names are those of section 4.1.2.1; whatever else is a bad request."""

_NOT_ALLOWED = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e]")
"""Characters that `error_description` cannot have."""


def members(error: ProblemError) -> dict[str, str]:
    """Returns the two members that OAuth's clients read."""
    description = _NOT_ALLOWED.sub("?", error.message.replace("…", "..."))
    return {
        "error": _CODES.get(error.status, "invalid_request"),
        "error_description": description,
    }


def challenge(scope: Mapping[str, Any]) -> str:
    """Returns the scheme to answer a 401 with: the one that was tried, or Bearer."""
    tried = [value for name, value in scope["headers"] if name == b"authorization"]
    is_basic = any(scheme_of(value.decode("latin-1")) == "basic" for value in tried)
    return "Basic" if is_basic else "Bearer"


def scheme_of(authorization: str) -> str:
    """Returns the scheme of an `Authorization` header in lower case (RFC 9110, section 11.1)."""
    return authorization.strip().partition(" ")[0].lower()
