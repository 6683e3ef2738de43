"""Rate limits: token buckets in the memory of this process, none of them for ever.

A bucket is one number, the time at which it will be full again, as in the generic cell rate
algorithm of ATM. One that is full needs no place in memory, so whatever was not asked for
during the time that filling takes is forgotten.
"""

import ipaddress
from dataclasses import dataclass
from typing import Protocol

from keyconsole.service.clock import SECOND, Clock

MAX_BUCKETS = 20_000
"""A bucket set holds twice as many at most. Beyond, those not asked for lately start full."""

_IPV6_SITE = 64


class Allowance(Protocol):
    """A limit on how often something may be done."""

    def take(self, name: str) -> bool:
        """Takes one from what `name` has left; returns false if nothing is left."""


class Buckets:
    """A bucket a name: `burst` at once, and then `rate` a second."""

    def __init__(self, rate: int, burst: int, clock: Clock) -> None:
        self.rate, self.burst = rate, burst
        self._interval = SECOND / rate
        self._depth = self._interval * burst
        self._clock = clock
        self._full_at: dict[str, float] = {}
        self._before: dict[str, float] = {}
        self._turned_at = clock()

    def take(self, name: str) -> bool:
        """Takes one; returns false if the bucket is empty, which leaves it as it is."""
        now = self._clock()
        self._turn(now)
        full_at = self._full_at.get(name) or self._before.get(name, 0.0)
        if full_at < now or full_at > now + self._depth:  # a clock that was set back empties none
            full_at = now
        full_at += self._interval
        is_left = full_at <= now + self._depth
        self._full_at[name] = full_at if is_left else full_at - self._interval
        return is_left

    def __len__(self) -> int:
        return len(self._full_at) + len(self._before)

    def _turn(self, now: int) -> None:
        """Forgets the buckets that nobody asked for since the last turn: they are full."""
        is_due = not 0 <= now - self._turned_at < self._depth
        if is_due or len(self._full_at) >= MAX_BUCKETS:
            self._before, self._full_at = self._full_at, {}
            self._turned_at = now


class Unlimited:
    """Never runs out."""

    def take(self, name: str) -> bool:  # noqa: ARG002 - the others ask for one
        """Returns true."""
        return True


@dataclass(frozen=True, slots=True)
class Limits:
    """The allowances of the service. Keys that are let through use none."""

    failures: Allowance
    """Verifications and sign-ins that fail, by source."""
    management: Allowance
    """Calls of an operator, by token."""
    revokes: Allowance
    """Revokes of a single key, by token: an incident is no time to be kept waiting."""
    possession: Allowance
    """Revokes by whoever holds the secret, by source."""

    @classmethod
    def of_contract(cls, clock: Clock) -> "Limits":
        """Returns the limits of the contract."""
        return cls(
            failures=Buckets(100, 1_000, clock),
            management=Buckets(100, 1_000, clock),
            revokes=Buckets(200, 2_000, clock),
            possession=Buckets(1, 60, clock),
        )

    @classmethod
    def off(cls) -> "Limits":
        """Returns no limits, for measuring and for a service with a single user."""
        unlimited = Unlimited()
        return cls(unlimited, unlimited, unlimited, unlimited)


def site_of(address: str) -> str:
    """Returns the source that is counted: an address, or the /64 that one IPv6 host commands."""
    if ":" not in address:
        return address
    network = ipaddress.ip_network((address.partition("%")[0], _IPV6_SITE), strict=False)
    return str(network)
