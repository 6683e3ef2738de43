"""Whatever comes back, a person reads one sentence and a program one exception of the tree."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.client.support import KEY, KEY_CARD, ME, answering, drip

from keyconsole.client.answers import read
from keyconsole.client.transport import MAX_BODY, Reply
from keyconsole.core.errors import (
    ConflictError,
    ExitCode,
    InvalidRequestError,
    KeyconsoleError,
    NotFoundError,
    NotPermittedError,
    ProblemError,
    ServiceFailedError,
    UnexpectedAnswerError,
)
from keyconsole.core.safetext import unsafe_character
from keyconsole.wire import Key, Me, Page

HTML = {"Content-Type": "text/html; charset=utf-8"}
JSON = {"Content-Type": "application/json"}
PROBLEM = {"Content-Type": "application/problem+json"}


def problem_body(code: str, detail: str, **more: Any) -> dict[str, Any]:
    return {"type": f"urn:keyconsole:problem:{code}", "error": code, "detail": detail, **more}


@pytest.mark.parametrize(
    ("status", "code", "kind", "exit_code"),
    [
        (401, "not-signed-in", NotPermittedError, ExitCode.NOT_PERMITTED),
        (403, "permission-denied", NotPermittedError, ExitCode.NOT_PERMITTED),
        (404, "not-found", NotFoundError, ExitCode.NOT_FOUND),
        (409, "label-taken", ConflictError, ExitCode.CONFLICT),
        (412, "precondition-failed", ConflictError, ExitCode.CONFLICT),
        (422, "request-invalid", InvalidRequestError, ExitCode.FAILED),
        (429, "rate-limited", ServiceFailedError, ExitCode.UNREACHABLE),
        (503, "store-unavailable", ServiceFailedError, ExitCode.UNREACHABLE),
        (409, "a-code-of-tomorrow", ConflictError, ExitCode.CONFLICT),
        (418, "teapot", InvalidRequestError, ExitCode.FAILED),
    ],
)
async def test_a_problem_becomes_the_exception_of_its_status(
    status: int, code: str, kind: type[ProblemError], exit_code: ExitCode
) -> None:
    client = answering(status, headers=PROBLEM, content=json.dumps(problem_body(code, "No.")))

    with pytest.raises(kind) as caught:
        await client.me()

    assert (caught.value.code, caught.value.message) == (code, "No.")
    assert caught.value.status == status
    assert caught.value.exit_code == exit_code


async def test_a_problem_brings_its_fields_its_request_and_its_key() -> None:
    body = problem_body(
        "request-invalid",
        "The label breaks a rule.",
        instance="req_1",
        public_key="kcp_7k2m4q9x0a1b2c3d",
        errors=[{"field": "label", "code": "too-long", "message": "Too long."}, "garbage", {}],
    )

    with pytest.raises(InvalidRequestError) as caught:
        await answering(422, headers=PROBLEM, content=json.dumps(body)).me()

    assert caught.value.field_message("label") == "Too long."
    assert len(caught.value.fields) == 1
    assert caught.value.request_id == "req_1"
    assert caught.value.public_key == "kcp_7k2m4q9x0a1b2c3d"


async def test_a_problem_without_words_gets_those_of_its_code() -> None:
    with pytest.raises(ConflictError, match=r"^The label is taken$"):
        await answering(409, headers=PROBLEM, content=b'{"error": "label-taken"}').me()


async def test_the_code_is_read_from_the_type_when_there_is_no_error_member() -> None:
    body = json.dumps({"type": "urn:keyconsole:problem:label-taken", "detail": "Taken."})

    with pytest.raises(ConflictError) as caught:
        await answering(409, headers=PROBLEM, content=body).me()

    assert caught.value.code == "label-taken"


async def test_the_request_id_of_the_header_serves_when_the_body_has_none() -> None:
    with pytest.raises(ProblemError) as caught:
        await answering(
            409, headers={**PROBLEM, "X-Request-Id": "req_9"}, content=b'{"error": "label-taken"}'
        ).me()

    assert caught.value.request_id == "req_9"


@pytest.mark.parametrize(
    ("status", "headers", "content", "kind", "sentence"),
    [
        (
            200,
            HTML,
            b"<h1>Welcome to our Wi-Fi",
            UnexpectedAnswerError,
            "keys.example.com answered with text/html, not JSON: this is not a key service, "
            "or something stands in front of it.",
        ),
        (
            200,
            JSON,
            b'{"account_id":',
            UnexpectedAnswerError,
            "keys.example.com answered with JSON that cannot be read.",
        ),
        (
            200,
            JSON,
            b'"\xff\xfe"',
            UnexpectedAnswerError,
            "keys.example.com answered with JSON that cannot be read.",
        ),
        (
            200,
            JSON,
            b"[" * 200_000,
            UnexpectedAnswerError,
            "keys.example.com answered with JSON that cannot be read.",
        ),
        (
            200,
            JSON,
            b'{"email": 1}',
            UnexpectedAnswerError,
            "keys.example.com answered in a shape that this keyconsole does not know (account_id).",
        ),
        (
            200,
            JSON,
            b"[]",
            UnexpectedAnswerError,
            "keys.example.com answered in a shape that this keyconsole does not know (the whole).",
        ),
        (
            200,
            {},
            b"",
            UnexpectedAnswerError,
            "keys.example.com answered with something unnamed, not JSON: this is not a key "
            "service, or something stands in front of it.",
        ),
        (
            301,
            {"Location": "https://user:pw@elsewhere.example/login?token=x"},
            b"",
            UnexpectedAnswerError,
            "keys.example.com redirects to https://elsewhere.example/login (301); redirects are "
            "not followed. Check the address of the service.",
        ),
        (
            307,
            {},
            b"",
            UnexpectedAnswerError,
            "keys.example.com redirects (307); redirects are not followed. "
            "Check the address of the service.",
        ),
        (
            302,
            {"Location": "https://[broken"},
            b"",
            UnexpectedAnswerError,
            "keys.example.com redirects (302); redirects are not followed. "
            "Check the address of the service.",
        ),
        (
            304,
            {},
            b"",
            UnexpectedAnswerError,
            "keys.example.com answered 304 Not Modified to a question that was new.",
        ),
        (
            401,
            HTML,
            b"<h1>Sign in",
            NotPermittedError,
            "You are not signed in at keys.example.com: the operator token was not accepted.",
        ),
        (
            404,
            HTML,
            b"<h1>nginx",
            UnexpectedAnswerError,
            "keys.example.com answered 404 Not Found with text/html, not in the words of a key "
            "service. Check its address.",
        ),
        (
            404,
            JSON,
            b'{"detail": "Not Found"}',
            UnexpectedAnswerError,
            "keys.example.com answered 404 Not Found with application/json, not in the words of "
            "a key service. Check its address.",
        ),
        (
            429,
            HTML,
            b"slow down",
            ServiceFailedError,
            "keys.example.com had too many requests; try again later.",
        ),
        (
            500,
            HTML,
            b"<h1>Oops",
            ServiceFailedError,
            "keys.example.com cannot answer now: 500 Internal Server Error.",
        ),
        (
            502,
            JSON,
            b"{broken",
            ServiceFailedError,
            "keys.example.com cannot answer now: 502 Bad Gateway.",
        ),
    ],
)
async def test_each_wrong_answer_has_its_sentence(
    status: int,
    headers: dict[str, str],
    content: bytes,
    kind: type[KeyconsoleError],
    sentence: str,
) -> None:
    with pytest.raises(kind) as caught:
        await answering(status, headers=headers, content=content).me()

    assert caught.value.message == sentence


async def test_an_answer_of_more_than_8_mib_is_not_read() -> None:
    client = answering(headers=JSON, content=drip(b" " * 65536, MAX_BODY // 65536 + 1))

    with pytest.raises(UnexpectedAnswerError, match=r"more than 8 MiB"):
        await client.me()


async def test_an_answer_of_exactly_8_mib_is_read() -> None:
    client = answering(headers=JSON, content=json.dumps(ME).encode().ljust(MAX_BODY))

    assert (await client.me()).email == "ops@example.com"


async def test_a_compressed_answer_is_not_unfolded() -> None:
    client = answering(
        headers={**JSON, "Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"\x1f\x8b bomb")
    )

    with pytest.raises(UnexpectedAnswerError, match=r"an encoding nobody asked for"):
        await client.me()


async def test_a_sentence_from_outside_is_cut() -> None:
    body = json.dumps(problem_body("label-taken", "x" * 100_000))

    with pytest.raises(ConflictError) as caught:
        await answering(409, headers=PROBLEM, content=body).me()

    assert len(caught.value.message) == 500


# Text from outside

HOSTILE = "\x1b]52;c;ZXZpbA==\x07\u202eevil\u200b\x9b"
SHOWN = "<U+001B>]52;c;ZXZpbA==<U+0007><U+202E>evil<U+200B><U+009B>"


async def test_every_string_of_an_answer_is_made_safe() -> None:
    card = {**KEY_CARD, "label": HOSTILE, "metadata": {HOSTILE: HOSTILE}, "allowed_ips": [HOSTILE]}
    page = json.dumps({"items": [card], "next_cursor": HOSTILE})

    answer = await answering(headers=JSON, content=page).keys()

    key = answer.items[0]
    assert key.label == SHOWN
    assert key.metadata == {SHOWN: SHOWN}
    assert key.allowed_ips == [SHOWN]
    assert answer.next_cursor == SHOWN


async def test_a_lone_surrogate_is_shown_and_breaks_nothing() -> None:
    body = json.dumps({**ME, "name": "\ud800"})

    assert (await answering(headers=JSON, content=body).me()).name == "<U+D800>"


async def test_every_string_of_an_error_is_made_safe() -> None:
    body = problem_body(
        HOSTILE,
        HOSTILE,
        instance=HOSTILE,
        public_key=HOSTILE,
        errors=[{"field": HOSTILE, "code": HOSTILE, "message": HOSTILE}],
    )

    with pytest.raises(ConflictError) as caught:
        await answering(409, headers=PROBLEM, content=json.dumps(body)).me()

    error, field = caught.value, caught.value.fields[0]
    texts = (error.code, error.message, error.request_id, error.public_key)
    assert texts == (SHOWN, SHOWN, SHOWN, SHOWN)
    assert (field.field, field.code, field.message) == (SHOWN, SHOWN, SHOWN)


async def test_headers_and_reason_phrases_are_made_safe() -> None:
    client = answering(
        500,
        headers=[(b"X-Request-Id", b"\x1b]0;x\x07\xc2\x9b")],
        extensions={"reason_phrase": b"\x1b[31mDown"},
    )

    with pytest.raises(ServiceFailedError) as caught:
        await client.me()

    assert caught.value.request_id == "<U+001B>]0;x<U+0007><U+009B>"
    assert caught.value.message.endswith("500 <U+001B>[31mDown.")


async def test_media_types_and_locations_are_made_safe() -> None:
    with pytest.raises(UnexpectedAnswerError) as caught:
        await answering(headers=[(b"Content-Type", b"text/\x1b]0;x\x07")]).me()
    assert "text/<U+001B>]0" in caught.value.message

    with pytest.raises(UnexpectedAnswerError) as caught:
        await answering(302, headers=[(b"Location", b"https://x.example/\x1b[6n")]).me()
    assert "\x1b" not in caught.value.message


# Anything at all

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
members = st.sampled_from(
    [*KEY_CARD, "items", "next_cursor", "error", "type", "detail", "errors", "instance"]
)
bodies = (
    st.binary(max_size=200)
    | json_values.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(members, json_values).map(lambda value: json.dumps(value).encode())
    | st.dictionaries(members, json_values).map(
        lambda value: json.dumps({"items": [{**KEY_CARD, **value}]}).encode()
    )
)
media_types = st.sampled_from(["application/json", "application/problem+json", "text/html", ""])


@settings(max_examples=300, deadline=None)
@given(
    status=st.integers(200, 599),
    body=bodies,
    media_type=media_types | st.text(alphabet=st.characters(max_codepoint=255)),
    reason=st.text(max_size=20),
    model=st.sampled_from([Me, Page[Key]]),
)
def test_any_reply_is_an_answer_or_an_exception_of_the_tree(
    status: int, body: bytes, media_type: str, reason: str, model: Any
) -> None:
    headers = httpx.Headers([(b"Content-Type", media_type.encode("latin-1"))])
    reply = Reply(status, reason, headers, body)

    try:
        answer = read("The service", reply, model)
    except KeyconsoleError as error:
        answer = error

    if isinstance(answer, KeyconsoleError):
        assert unsafe_character(answer.message) is None
        assert answer.__context__ is None
    else:
        assert isinstance(answer, model)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("created_at", "9999-12-31T23:59:59-12:00"),
        ("expires_at", "0001-01-01T00:00:00+14:00"),
        ("last_used_at", 1e300),
        ("version", -1),
        ("version", 2**70),
        ("sources", 2**63),
    ],
)
async def test_a_number_or_a_time_that_cannot_be_meant_is_no_answer(field: str, value: Any) -> None:
    with pytest.raises(UnexpectedAnswerError, match=rf"does not know \({field}\)"):
        await answering(200, json=KEY_CARD | {field: value}).key(KEY.public_key)
