"""On one connection answers come in the order of what was asked, whatever is said behind it."""

import socket
import struct
from contextlib import closing
from itertools import product

import asyncpg
import pytest
from tests.service.databases import Engine
from tests.service.raw import SHORT, USUAL, Serving, asked, heard, statuses

from keyconsole.service.protocol import MAX_HEADERS

BODY = b"POST /v1/identify HTTP/1.1\r\nHost: keys\r\n"
NONSENSE = [
    (b"NONSENSE\r\n\r\n", 400),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01", 400),
    (asked(SHORT, b"", *[b"X: y"] * (MAX_HEADERS + 1)), 431),
    (BODY + b"Transfer-Encoding: chunked\r\n\r\nnonsense\r\n", 400),
]
HALVES = [b"", b"G", asked(SHORT, b"x")[:-2], BODY + b"Content-Length: 100\r\n\r\n{"]
"""Of a request, and nothing comes after it."""


def requests(served: Serving) -> list[tuple[bytes, int]]:
    return [
        (asked(SHORT, served.secret), 200),
        (asked(SHORT, served.secret[:-1] + b"!"), 400),
        (asked(USUAL, served.secret), 200),
        (asked(b"/v1/me", served.token), 200),
        (asked(b"/v1/me", served.secret), 401),
    ]


def reset(peer: socket.socket) -> None:
    """Be gone at once, as somebody whose process was killed with much unread."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def trouble(served: Serving) -> list[str]:
    """What was an error to it, until it ended as it should."""
    assert served.running.stop() == 0
    words = ('"level": "error"', "Traceback")
    return [each for each in served.running.log if any(word in each for word in words)]


async def test_what_was_asked_before_is_answered_before_nonsense_is_refused(
    served: Serving,
) -> None:
    for (first, one), (second, two) in product(requests(served), repeat=2):
        for nonsense, refusal in NONSENSE:
            for before, expected in (([], []), ([first], [one]), ([first, second], [one, two])):
                with closing(served.call(*before, nonsense)) as peer:
                    assert statuses(heard(peer)) == [*expected, refusal], (before, nonsense)
    assert trouble(served) == []


async def test_whoever_has_nothing_more_to_say_is_answered_still(served: Serving) -> None:
    for (first, one), (second, two) in product(requests(served), repeat=2):
        for half in HALVES:
            for before, expected in (([], []), ([first, second], [one, two])):
                with closing(served.call(*before, half)) as peer:
                    peer.shutdown(socket.SHUT_WR)
                    answers = statuses(heard(peer))
                # One with half a body may have been answered before it was known to be half.
                assert answers in (expected, [*expected, 401]), (before, half)
        reset(served.call(first, second))
    assert trouble(served) == []


@pytest.mark.parametrize("served", [Engine.POSTGRESQL], indirect=True)
async def test_so_it_is_while_the_database_takes_its_time(served: Serving) -> None:
    good, bad = asked(SHORT, served.secret), asked(SHORT, b"kcs_x")
    other = await asyncpg.connect(served.database)
    try:
        async with other.transaction():
            await other.execute("LOCK TABLE api_keys IN ACCESS EXCLUSIVE MODE")
            waiting = [
                (served.call(good, bad, good, nonsense), [200, 401, 200, refusal])
                for nonsense, refusal in NONSENSE
            ]
            for peer, _ in waiting:
                peer.sendall(good)  # after nonsense nobody listens, nor for the end of it
                peer.shutdown(socket.SHUT_WR)
            for half in HALVES:
                for gone in (served.call(good, bad, half), served.call(good)):
                    reset(gone)
                waiting.append((served.call(good, bad, half), [200, 401]))
                waiting[-1][0].shutdown(socket.SHUT_WR)
            # Answered at once, and after all of the above was read.
            assert statuses(served.exchange()) == [200]
        for peer, expected in waiting:
            with closing(peer):
                answers = heard(peer)
            assert statuses(answers) == expected
            assert answers.count(b"x-key-id: ") == expected.count(200)
    finally:
        await other.close()
    assert trouble(served) == []


@pytest.mark.parametrize("served", [Engine.POSTGRESQL], indirect=True)
async def test_a_database_that_keeps_silent_is_told_before_nonsense_is_refused(
    served: Serving,
) -> None:
    other = await asyncpg.connect(served.database)
    try:
        async with other.transaction():
            await other.execute("LOCK TABLE api_keys IN ACCESS EXCLUSIVE MODE")
            with closing(served.call(asked(SHORT, served.secret), NONSENSE[0][0])) as peer:
                assert statuses(heard(peer)) == [503, 400]
    finally:
        await other.close()
