"""Identification: what a service knows of the keys that were found in a text.

The text is searched on this machine (`core.candidates`); only public keys and digests are sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from keyconsole.client import KeyServiceClient
    from keyconsole.core.candidates import Candidate
    from keyconsole.wire import Identified, RevocationRequest

Answered: TypeAlias = "tuple[Candidate, Identified]"
"""A key that was found, and what the service knows of it."""


async def identify(
    client: KeyServiceClient, candidates: Iterable[Candidate]
) -> AsyncIterator[Answered]:
    """Yields the answer to each candidate. Raises `KeyconsoleError` at the first without one."""
    for each in candidates:
        yield each, await client.identify(each.public_key, each.digest)


def revocation_of(candidates: Iterable[Candidate], **grounds: Any) -> RevocationRequest:
    """Returns the request to revoke what was found, with the digests that prove it."""
    from keyconsole.wire import RevocationRequest, RevocationTarget

    targets = [
        RevocationTarget(public_key=each.public_key, digest=each.digest) for each in candidates
    ]
    return RevocationRequest(keys=targets, **grounds)
