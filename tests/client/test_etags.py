"""A 304 is the object of before, and the memory of it is small."""

import httpx
import pytest
from tests.client.support import ME, connect

from keyconsole.client.etags import CAPACITY, ETags


class Service:
    """Answers `me` with an ETag, and 304 to whoever knows it."""

    def __init__(self, **headers: str) -> None:
        self.etag = '"1"'
        self.headers = headers
        self.asked: list[str | None] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        known = request.headers.get("If-None-Match")
        self.asked.append(known)
        headers = {"ETag": self.etag, **self.headers}
        if known == self.etag:
            return httpx.Response(304, headers=headers)
        return httpx.Response(200, headers=headers, json=ME)


async def test_a_304_returns_the_very_object_of_before() -> None:
    service = Service()
    client = connect(service)

    first, second = await client.me(), await client.me()

    assert second is first
    assert service.asked == [None, '"1"']


async def test_a_change_returns_another_object() -> None:
    service = Service()
    client = connect(service)
    first = await client.me()

    service.etag = '"2"'

    assert await client.me() is not first
    assert service.asked == [None, '"1"']


async def test_what_must_not_be_stored_is_not_remembered() -> None:
    service = Service(**{"Cache-Control": "private, No-Store"})
    client = connect(service)

    await client.me()
    await client.me()

    assert service.asked == [None, None]


def test_the_oldest_answer_is_forgotten_first() -> None:
    etags = ETags()
    for number in range(CAPACITY):
        etags.remember(str(number), '"x"', number, no_store=False)
    etags.recall("0")

    etags.remember("new", '"x"', None, no_store=False)

    assert etags.recall("0") is not None
    assert etags.recall("1") is None


def test_an_answer_without_a_tag_ends_the_memory_of_the_one_before() -> None:
    etags = ETags()
    etags.remember("a", '"x"', 1, no_store=False)

    etags.remember("a", None, 2, no_store=False)

    assert etags.recall("a") is None


def test_a_memory_shows_no_answers() -> None:
    etags = ETags()
    etags.remember("a", '"x"', "an answer", no_store=False)

    assert "an answer" not in repr(etags)


@pytest.mark.parametrize(
    "tag",
    ['"\u00e9"'.encode(), b'"\xff"', b'"a\tb"', b'"a b"', b'"' + b"x" * 511 + b'"', b""],
)
async def test_a_tag_that_cannot_be_sent_back_is_no_tag(tag: bytes) -> None:
    asked = []

    def service(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("If-None-Match"))
        return httpx.Response(200, headers=[(b"ETag", tag)], json=ME)

    client = connect(service)
    assert await client.me() == await client.me()
    assert asked == [None, None]
