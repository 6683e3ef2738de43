"""One tree of exceptions, and the table of problems: each ends a command as documented."""

import re
from collections.abc import Iterator

import pytest

from keyconsole.core import errors
from keyconsole.core.errors import PROBLEMS, ExitCode, FieldProblem, KeyconsoleError, ProblemError

# How a command ends on each problem, said again by hand: scripts depend on it.
ENDINGS = {
    "request-invalid": (errors.InvalidRequestError, 1),
    "body-malformed": (errors.InvalidRequestError, 1),
    "body-too-large": (errors.InvalidRequestError, 1),
    "idempotency-key-required": (errors.InvalidRequestError, 1),
    "idempotency-key-reused": (errors.InvalidRequestError, 1),
    "idempotency-in-progress": (errors.ConflictError, 5),
    "secret-already-issued": (errors.ConflictError, 5),
    "not-signed-in": (errors.NotPermittedError, 3),
    "permission-denied": (errors.NotPermittedError, 3),
    "insufficient-scope": (errors.NotPermittedError, 3),
    "not-found": (errors.NotFoundError, 4),
    "method-not-allowed": (errors.InvalidRequestError, 1),
    "label-taken": (errors.ConflictError, 5),
    "name-taken": (errors.ConflictError, 5),
    "integration-not-configured": (errors.ConflictError, 5),
    "key-already-revoked": (errors.ConflictError, 5),
    "key-not-in-force": (errors.ConflictError, 5),
    "rotation-under-way": (errors.ConflictError, 5),
    "rotation-not-ready": (errors.ConflictError, 5),
    "rotation-over": (errors.ConflictError, 5),
    "precondition-required": (errors.ConflictError, 5),
    "precondition-failed": (errors.ConflictError, 5),
    "credential-missing": (errors.NotPermittedError, 3),
    "credential-malformed": (errors.InvalidRequestError, 1),
    "credential-invalid": (errors.NotPermittedError, 3),
    "key-revoked": (errors.NotPermittedError, 3),
    "key-expired": (errors.NotPermittedError, 3),
    "key-disabled": (errors.NotPermittedError, 3),
    "integration-disabled": (errors.NotPermittedError, 3),
    "integration-mismatch": (errors.NotPermittedError, 3),
    "ip-not-allowed": (errors.NotPermittedError, 3),
    "selection-changed": (errors.ConflictError, 5),
    "selection-too-large": (errors.InvalidRequestError, 1),
    "last-admin": (errors.ConflictError, 5),
    "member-exists": (errors.ConflictError, 5),
    "member-pending": (errors.ConflictError, 5),
    "last-token": (errors.ConflictError, 5),
    "form-malformed": (errors.InvalidRequestError, 1),
    "request-malformed": (errors.InvalidRequestError, 1),
    "head-too-large": (errors.InvalidRequestError, 1),
    "request-timeout": (errors.InvalidRequestError, 1),
    "rate-limited": (errors.ServiceFailedError, 6),
    "quota-exceeded": (errors.ServiceFailedError, 6),
    "store-unavailable": (errors.ServiceFailedError, 6),
    "internal-error": (errors.ServiceFailedError, 6),
}


def tree(root: type[KeyconsoleError]) -> Iterator[type[KeyconsoleError]]:
    yield root
    for child in root.__subclasses__():
        yield from tree(child)


@pytest.mark.parametrize("code", PROBLEMS)
def test_every_problem_ends_a_command_as_documented(code: str) -> None:
    error = errors.problem(code, "A sentence.")
    assert (type(error), int(error.exit_code)) == ENDINGS[code]


def test_every_problem_has_an_error_status_and_a_title() -> None:
    for code, kind in PROBLEMS.items():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", code)
        assert 400 <= kind.status < 600
        assert kind.title
        assert not kind.title.endswith(".")


def test_the_tree_is_the_one_that_is_drawn() -> None:
    drawing = re.findall(r"(\w+Error) +(\d)?", (errors.__doc__ or "").split("```")[1])
    drawn = dict(drawing)
    real = {
        error.__name__: "" if error is ProblemError else str(int(error.exit_code))
        for error in tree(KeyconsoleError)
        if error.__module__ == errors.__name__
    }
    assert drawn == real


def test_exit_codes_are_the_documented_numbers() -> None:
    assert [int(code) for code in ExitCode] == [0, 1, 2, 3, 4, 5, 6, 130]


class TestProblem:
    def test_takes_its_status_from_the_table(self) -> None:
        assert errors.problem("label-taken", "Taken.").status == 409

    def test_of_a_newer_service_is_judged_by_its_status(self) -> None:
        error = errors.problem("teapot-invalid", "No coffee.", status=418)
        assert type(error) is errors.InvalidRequestError
        assert errors.problem("key-melted", "Gone.", status=410).exit_code == ExitCode.NOT_FOUND
        assert errors.problem("key-melted", "Melted.", status=507).exit_code == ExitCode.UNREACHABLE

    def test_says_its_sentence_and_keeps_what_belongs_to_it(self) -> None:
        fields = [FieldProblem("label", "label-taken", "There is one already.")]
        error = errors.problem(
            "label-taken",
            "The label is taken.",
            fields=fields,
            request_id="req_1",
            public_key="kcp_1",
        )
        assert str(error) == error.message == "The label is taken."
        assert error.field_message("label") == "There is one already."
        assert error.field_message("scopes") is None
        assert (error.request_id, error.public_key) == ("req_1", "kcp_1")

    def test_is_caught_as_any_error_of_keyconsole(self) -> None:
        with pytest.raises(KeyconsoleError) as caught:
            raise errors.problem("not-found", "There is no such key.")
        assert caught.value.message == "There is no such key."

    def test_can_be_kept_in_a_set_like_every_exception(self) -> None:
        one, other = (errors.problem("not-found", "Nothing.") for _ in range(2))
        assert len({one, other}) == 2
