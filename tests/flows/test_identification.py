"""Identification sends names and digests; what was answered before a failure stands."""

import httpx
import pytest
from tests.client.support import connect
from tests.flows.support import IDENTIFIED, LOST, PUBLIC_KEY, service

from keyconsole.core.candidates import Candidate
from keyconsole.core.errors import ServiceUnreachableError
from keyconsole.flows.identification import identify, revocation_of
from keyconsole.wire import RevokeReason

FOUND = Candidate(PUBLIC_KEY, "ab" * 32)
NAMED = Candidate(PUBLIC_KEY)


async def test_a_name_and_a_digest_are_all_that_is_sent() -> None:
    sent: list[bytes] = []

    def handle(request: httpx.Request) -> httpx.Response:
        sent.append(request.url.raw_path + request.content)
        return httpx.Response(200, json=IDENTIFIED)

    [(asked, answer)] = [row async for row in identify(connect(handle), [FOUND])]

    assert asked is FOUND
    assert answer.would_authenticate is False
    assert [PUBLIC_KEY.encode() in each and b"ab" * 32 in each for each in sent] == [True]


async def test_the_answers_before_a_failure_stand() -> None:
    answers = identify(service(IDENTIFIED, LOST, LOST, LOST), [FOUND, NAMED])

    assert (await anext(answers))[0] is FOUND
    with pytest.raises(ServiceUnreachableError):
        await anext(answers)


def test_what_was_found_is_revoked_by_what_proves_it() -> None:
    request = revocation_of([FOUND, NAMED], reason=RevokeReason.KEY_COMPROMISE)

    assert [(each.public_key, each.digest) for each in request.keys or []] == [
        (PUBLIC_KEY, "ab" * 32),
        (PUBLIC_KEY, None),
    ]
    assert request.reason is RevokeReason.KEY_COMPROMISE
