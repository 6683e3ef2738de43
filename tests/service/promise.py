"""The promise, measured on two processes: what one has revoked, the other refuses at once."""

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx

from keyconsole.core.credential import parse

LANES = 8
"""Keys that are revoked at the same time."""

_nonces = itertools.count()


@dataclass(slots=True)
class Kept:
    """What became of verifications with the other process."""

    asked: int = 0
    """After the revoke was answered."""
    accepted: int = 0
    """Of those: each breaks the promise."""
    before: int = 0
    """Accepted while they still might be."""
    reasons: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Process:
    """A process that serves, and the token of somebody who may do everything there."""

    http: httpx.AsyncClient
    token: str = field(repr=False)
    verifies_at: str = "/v1/forward-auth"

    async def post(self, path: str, body: object = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post(
            path, json=body or {}, headers={"authorization": f"Bearer {self.token}"} | named
        )

    async def get(self, path: str, **params: str) -> httpx.Response:
        return await self.http.get(
            path, params=params, headers={"authorization": f"Bearer {self.token}"}
        )

    async def create(self, integration: str, nonce: str = "") -> httpx.Response:
        number = next(_nonces)
        return await self.post(
            f"/v1/integrations/{integration}/keys",
            {"label": nonce or f"key {number}"},
            idempotency_key=nonce or f"{number:030d}",
        )

    async def verify(self, secret: str) -> httpx.Response:
        return await self.http.get(self.verifies_at, headers={"authorization": f"Bearer {secret}"})


async def keep(one: Process, others: Sequence[Process], secrets: Sequence[str]) -> Kept:
    """Revokes every key with one process, and presents it to each of the others at once.

    It is presented before, all the while, and when the answer is there; what is accepted counts
    as broken if it was asked after the answer.
    """
    kept = Kept()
    waiting = list(secrets)

    async def lane() -> None:
        while waiting:
            await _keep_one(one, others, waiting.pop(), kept)

    await asyncio.gather(*(lane() for _ in range(LANES)))
    return kept


async def _keep_one(one: Process, others: Sequence[Process], secret: str, kept: Kept) -> None:
    answered = asyncio.Event()

    async def present(other: Process) -> None:
        is_after = False
        while not is_after:
            is_after = answered.is_set()
            answer = await other.verify(secret)
            if is_after:
                kept.asked += 1
                kept.accepted += answer.status_code == httpx.codes.OK
                kept.reasons.add(answer.headers["x-auth-reason"])
            else:
                kept.before += answer.status_code == httpx.codes.OK

    presenting = [asyncio.create_task(present(other)) for other in others]
    revoked = await one.post(f"/v1/keys/kcp_{parse(secret).pid}/revoke")
    assert revoked.status_code == httpx.codes.OK, revoked.text
    answered.set()
    await asyncio.gather(*presenting)
