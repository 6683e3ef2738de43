"""Refusals, RFC 9457."""

from pydantic import Field

from keyconsole.wire.base import Answer, ShownText

__all__ = ["AuthorizationError", "FieldError", "Problem"]


class FieldError(Answer):
    """One field at fault."""

    field: ShownText
    code: str
    message: ShownText


class Problem(Answer):
    """An error answer, RFC 9457, with the two members that this family of APIs reads."""

    type: str
    title: str
    status: int
    detail: ShownText
    # The id of the request. A head that is refused before it is one has none.
    instance: str = ""
    error: str
    message: ShownText
    errors: list[FieldError] = Field(default_factory=list)
    public_key: str | None = None


class AuthorizationError(Problem):
    """An error of OAuth's endpoints, RFC 6749, section 5.2: `error` is OAuth's code."""

    error_description: str
