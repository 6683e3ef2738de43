"""One tree of exceptions, and the one table of problems that the service can answer.

```
KeyconsoleError                    1   the command could not do what was asked
├── UsageError                     2   asked in a way that cannot be understood
├── ConfigurationError             1   a file, a setting or a database is not as it must be
├── ServiceUnreachableError        6   no answer: refused, timed out, cut
├── UnexpectedAnswerError          6   an answer that is not the service's: a proxy, garbage
└── ProblemError                       the service said no, and why (RFC 9457)
    ├── NotPermittedError          3   not signed in, or without the permission
    ├── NotFoundError              4   no such thing, or none that may be known
    ├── ConflictError              5   the state of things forbids it
    ├── InvalidRequestError        1   a field, a header or a body breaks a rule
    └── ServiceFailedError         6   the service cannot answer now: 429, 500, 503
```

The number is the exit code of a command that ends with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of the commands."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NOT_PERMITTED = 3
    NOT_FOUND = 4
    CONFLICT = 5
    UNREACHABLE = 6
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """The problem of one field, without the rejected value."""

    field: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """One line of the table: the status and title that belong to a code."""

    status: int
    title: str


PROBLEMS: dict[str, ProblemKind] = {
    "request-invalid": ProblemKind(422, "The request breaks a rule"),
    "body-malformed": ProblemKind(400, "The body is not the JSON it should be"),
    "body-too-large": ProblemKind(413, "The body is too large"),
    "idempotency-key-required": ProblemKind(400, "An Idempotency-Key is needed"),
    "idempotency-key-reused": ProblemKind(422, "This Idempotency-Key belongs to another request"),
    "idempotency-in-progress": ProblemKind(409, "The first request is still running"),
    "secret-already-issued": ProblemKind(409, "The secret was already issued"),
    "not-signed-in": ProblemKind(401, "Not signed in"),
    "permission-denied": ProblemKind(403, "Not permitted"),
    "not-found": ProblemKind(404, "No such thing"),
    "method-not-allowed": ProblemKind(405, "Not a method of this address"),
    "last-admin": ProblemKind(409, "The last admin stays"),
    "member-exists": ProblemKind(409, "A member already"),
    "member-pending": ProblemKind(409, "The invitation is not accepted yet"),
    "last-token": ProblemKind(409, "The last token of the last admin"),
    "form-malformed": ProblemKind(400, "The body is not the form it should be"),
    "request-malformed": ProblemKind(400, "The request is malformed"),
    "head-too-large": ProblemKind(431, "The request line and the headers are too large"),
    "request-timeout": ProblemKind(408, "The request took too long to arrive"),
    "label-taken": ProblemKind(409, "The label is taken"),
    "name-taken": ProblemKind(409, "The name is taken"),
    "integration-not-configured": ProblemKind(409, "The integration is not configured"),
    "key-already-revoked": ProblemKind(409, "The key is revoked"),
    "selection-changed": ProblemKind(409, "What is selected has changed"),
    "selection-too-large": ProblemKind(422, "Too many keys for one revocation"),
    "key-not-in-force": ProblemKind(409, "The key is not in force"),
    "rotation-under-way": ProblemKind(409, "The key is being rotated already"),
    "rotation-not-ready": ProblemKind(409, "The old key may not go yet"),
    "rotation-over": ProblemKind(409, "The rotation is over"),
    "precondition-required": ProblemKind(428, "If-Match is needed"),
    "precondition-failed": ProblemKind(412, "Changed by someone else"),
    "credential-missing": ProblemKind(401, "No credential"),
    "credential-malformed": ProblemKind(400, "The credential is malformed"),
    "credential-invalid": ProblemKind(401, "The credential is not valid"),
    "key-revoked": ProblemKind(401, "The key is revoked"),
    "key-expired": ProblemKind(401, "The key is expired"),
    "key-disabled": ProblemKind(401, "The key is disabled"),
    "integration-disabled": ProblemKind(401, "The integration is disabled"),
    "integration-mismatch": ProblemKind(403, "The key belongs to another integration"),
    "ip-not-allowed": ProblemKind(403, "The source address is not allowed"),
    "insufficient-scope": ProblemKind(403, "The key lacks a scope"),
    "rate-limited": ProblemKind(429, "Too many requests"),
    "quota-exceeded": ProblemKind(429, "The quota is used up"),
    "store-unavailable": ProblemKind(503, "The store is unavailable"),
    "internal-error": ProblemKind(500, "Something went wrong inside the service"),
}


class KeyconsoleError(Exception):
    """Anything keyconsole says in a sentence instead of a traceback."""

    exit_code = ExitCode.FAILED

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UsageError(KeyconsoleError):
    """Asked in a way that cannot be understood."""

    exit_code = ExitCode.USAGE


class ConfigurationError(KeyconsoleError):
    """A file, a setting or a database is not as it must be; the message says what to do."""


class ServiceUnreachableError(KeyconsoleError):
    """No answer came. Whether the request took effect is unknown.

    `is_lasting` says that asking again in a moment is of no use: a certificate, not a network.
    """

    exit_code = ExitCode.UNREACHABLE

    def __init__(self, message: str, *, is_lasting: bool = False) -> None:
        super().__init__(message)
        self.is_lasting = is_lasting


class UnexpectedAnswerError(KeyconsoleError):
    """Something answered that does not speak as the key service does."""

    exit_code = ExitCode.UNREACHABLE


@dataclass(eq=False)
class ProblemError(KeyconsoleError):
    """The service's own refusal: a code of `PROBLEMS`, a sentence, and the fields at fault.

    The service raises it and the client raises it again on the other side of the wire.
    """

    code: str
    message: str
    fields: Sequence[FieldProblem] = ()
    request_id: str | None = None
    public_key: str | None = None
    status: int = field(default=0)

    def __post_init__(self) -> None:
        super().__init__(self.message)
        if not self.status:
            self.status = PROBLEMS[self.code].status

    def field_message(self, name: str) -> str | None:
        """Returns the sentence that belongs at the field `name`, or None."""
        return next((problem.message for problem in self.fields if problem.field == name), None)


class NotPermittedError(ProblemError):
    """Not signed in, or without the permission, which the sentence names."""

    exit_code = ExitCode.NOT_PERMITTED


class NotFoundError(ProblemError):
    """No such thing in any workspace that the operator may know of."""

    exit_code = ExitCode.NOT_FOUND


class ConflictError(ProblemError):
    """The state of things forbids it: label taken, changed meanwhile, already revoked."""

    exit_code = ExitCode.CONFLICT


class InvalidRequestError(ProblemError):
    """A field, a header or the body breaks a rule."""


class ServiceFailedError(ProblemError):
    """The service answered that it cannot answer now; asking again later may help."""

    exit_code = ExitCode.UNREACHABLE


def field_problem(
    field: str, kind: str, message: str, *, code: str = "request-invalid"
) -> ProblemError:
    """Returns the refusal of one field; `kind` is what is wrong with it, in a word."""
    return problem(code, message, fields=[FieldProblem(field, kind, message)])


def problem(
    code: str,
    message: str,
    *,
    fields: Sequence[FieldProblem] = (),
    request_id: str | None = None,
    public_key: str | None = None,
    status: int = 0,
) -> ProblemError:
    """Returns the exception that belongs to a problem code, by its status."""
    status = status or PROBLEMS[code].status
    kind: type[ProblemError]
    match status:
        case 401 | 403:
            kind = NotPermittedError
        case 404 | 410:
            kind = NotFoundError
        case 409 | 412 | 428:
            kind = ConflictError
        case 429:
            kind = ServiceFailedError
        case _ if status >= 500:
            kind = ServiceFailedError
        case _:
            kind = InvalidRequestError
    return kind(code, message, fields, request_id, public_key, status)
