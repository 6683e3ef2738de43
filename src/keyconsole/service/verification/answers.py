"""The table of answers of forward-auth, as bytes made once."""

import json
from dataclasses import dataclass
from typing import Any

from keyconsole.core.errors import PROBLEMS

Header = tuple[bytes, bytes]

_BEARER = b'Bearer realm="keyconsole"'
_SENTENCES = {
    "credential-missing": "No credential: send Authorization: Bearer and an API key.",
    "credential-malformed": "The Authorization header is not one bearer credential.",
    "credential-invalid": "The credential is not valid.",
    "key-revoked": "The key is revoked.",
    "key-expired": "The key is expired.",
    "key-disabled": "The key is disabled.",
    "integration-disabled": "The integration of the key is disabled.",
    "integration-mismatch": "The key belongs to another integration.",
    "ip-not-allowed": "The source address is not one that the key may be used from.",
    "insufficient-scope": "The key lacks a scope that is demanded here.",
    "request-malformed": (
        "The query of /v1/forward-auth takes integration, scope and profile=nginx only."
    ),
    "rate-limited": "Too many refused requests from this address. Try again later.",
    "key-rate-limited": "The key is used more often than its rate allows. Try again later.",
    "quota-exceeded": "The key has used up its quota for this day or month.",
    "store-unavailable": "The store does not answer; nothing is let through. Try again.",
    "internal-error": "Something went wrong inside the service; nothing is let through.",
}
_DESCRIPTIONS = {
    "key-revoked": b"revoked",
    "key-expired": b"expired",
    "key-disabled": b"disabled",
    "integration-disabled": b"integration disabled",
}
_CODES = {"key-rate-limited": "rate-limited"}
"""The codes of problems that have several lines."""
_OF_LIMITS = {"key-rate-limited", "quota-exceeded"}
_RETRY_SECONDS = b"1"
_NGINX_STATUSES = {401, 403}

CONTENT: Header = (b"content-type", b"application/problem+json")
NO_STORE: Header = (b"cache-control", b"no-store")
EMPTY: Header = (b"content-length", b"0")


@dataclass(frozen=True, slots=True)
class Refusal:
    """One line of the table."""

    status: int
    nginx_status: int
    headers: tuple[Header, ...]
    problem: dict[str, Any]

    def body(self, status: int, request_id: str) -> bytes:
        """Returns the problem document of this very request."""
        return json.dumps(self.problem | {"status": status, "instance": request_id}).encode()


def problem_document(code: str, sentence: str) -> dict[str, Any]:
    """Returns the RFC 9457 document of a refusal that is not yet one of a request."""
    return {
        "type": f"urn:keyconsole:problem:{code}",
        "title": PROBLEMS[code].title,
        "status": PROBLEMS[code].status,
        "detail": sentence,
        "instance": "",
        "error": code,
        "message": sentence,
        "errors": [],
    }


def _refusal(line: str) -> Refusal:
    code = _CODES.get(line, line)
    status = PROBLEMS[code].status
    headers: list[Header] = [(b"x-auth-reason", code.encode()), NO_STORE, CONTENT]
    if authenticate := _challenge(code):
        headers.append((b"www-authenticate", authenticate))
    if status in (429, 503) and line not in _OF_LIMITS:  # which say themselves when
        headers.append((b"retry-after", _RETRY_SECONDS))
    return Refusal(
        status=status,
        nginx_status=status if status in _NGINX_STATUSES else 403,
        headers=tuple(headers),
        problem=problem_document(code, _SENTENCES[line]),
    )


def _challenge(code: str) -> bytes | None:
    match code:
        case "credential-missing":
            return _BEARER
        case "credential-malformed":
            return _BEARER + b', error="invalid_request"'
        case "credential-invalid":
            return _BEARER + b', error="invalid_token"'
        case _ if description := _DESCRIPTIONS.get(code):
            return _BEARER + b', error="invalid_token", error_description="%b"' % description
        case _:
            return None


REFUSALS = {line: _refusal(line) for line in _SENTENCES}
"""The lines by their codes; that of the rate of a key is `key-rate-limited`."""
