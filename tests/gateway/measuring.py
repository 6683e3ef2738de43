"""Asks every gateway that is installed here the same questions, and notes what came of it.

The service runs once for all. It is stopped by a signal to be silent, and ended to be gone; its
database is moved away to be missing.
"""

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from tests.gateway.products import PRODUCTS, Product
from tests.gateway.upstream import Seen, Upstream, upstream
from tests.service.processes import Running, serving
from tests.service.world import COMPLETE, fresh_nonce

from keyconsole.core import credential
from keyconsole.core.credential import Kind
from keyconsole.service.initialize import initialize
from keyconsole.service.settings import ServiceSettings

CALLER = "127.0.0.2"
"""Whoever calls a gateway. The gateways themselves are 127.0.0.1, which the service trusts."""
NEAR = "127.0.0.1"
"""A caller at the address of the gateways."""
AGENT = "caller/1.0"
IDENTITY = ("x-key-id", "x-integration-id", "x-workspace-id", "x-scopes")
DEMAND = "x-required-scope"
ADDRESSES = ("x-forwarded-for", "x-real-ip")
SPOOFED = [
    (name, value)
    for name in (
        *("X-Key-Id", "X-Integration-Id", "X-Workspace-Id"),
        *("X_Key_Id", "x_integration_id", "X-Workspace_ID"),
        *("X-Scopes", "X_Scopes", "X-Required-Scope", "x_required-Scope"),
        *("X-Forwarded-For", "X_Forwarded_For", "X-Real-IP", "x_real_ip", "Forwarded"),
    )
    for value in ("for=203.0.113.9", "198.51.100.7")
] + [("Connection", value) for value in ("keep-alive", "X-Key-Id, X-Integration-Id")]
OF_PREFLIGHT = [("Origin", "https://a.example"), ("Access-Control-Request-Method", "PUT")]
QUERY = "?integration=int_0000000000000000&profile=nginx&" + "&".join(f"f{n}=x" for n in range(25))

GOOD = "good key"
REVOKED = "revoked a moment ago"
FORGED = "forged"
OTHER = "key of another integration"
MALFORMED = "not one credential"
SPOOF = "good key, the caller names itself"
LIMITED = "key for the caller's address"
BESIDE = "key for 127.0.0.1, from there"
ELSEWHERE = "key for another address, which the caller claims"
PREFLIGHT = "CORS preflight, where it needs no key"
ASKING = "good key, a query that the service has a use for"
AWAY = "database away"
SILENT = "service hung"
BACK = "good key, the service is back"
GONE = "service down"
CASES = (
    GOOD,
    REVOKED,
    FORGED,
    OTHER,
    MALFORMED,
    SPOOF,
    LIMITED,
    BESIDE,
    ELSEWHERE,
    ASKING,
    PREFLIGHT,
    SILENT,
    BACK,
    AWAY,
    GONE,
)


@dataclass(frozen=True)
class Cell:
    """What came of one question: for the caller, and for what is protected."""

    status: int
    body: str
    saw: str
    seconds: float = field(compare=False)


class Measured(NamedTuple):
    """The cells of each gateway by case, and the addresses and agents that the service noted."""

    cells: dict[str, dict[str, Cell]]
    callers: dict[str, set[tuple[str, str]]]


@dataclass(frozen=True)
class Key:
    """A key of the service, and who it is."""

    secret: str
    public_key: str
    integration: str
    workspace: str
    scopes: str

    @property
    def identity(self) -> list[str]:
        """Returns what the identity headers say of it."""
        told = (self.public_key, self.integration, self.workspace, self.scopes)
        return [each for each in told if each]


NOBODY = Key("", "", "", "", "")
"""Whoever sends no credential at all."""


@dataclass(frozen=True)
class Service:
    """The service behind the gateways, and an operator of it."""

    running: Running
    operator: httpx.Client
    database: Path
    integration: str
    other: str

    def key(self, integration: str = "", **fields: Any) -> Key:
        """Creates a key."""
        answer = self.operator.post(
            f"/v1/integrations/{integration or self.integration}/keys",
            json={"label": fresh_nonce()} | fields,
            headers={"Idempotency-Key": fresh_nonce()},
        ).raise_for_status()
        key = answer.json()["key"]
        return Key(
            answer.json()["secret"],
            key["public_key"],
            key["integration_id"],
            key["workspace_id"],
            " ".join(key["effective_scopes"]),
        )

    def sources(self, key: Key) -> set[tuple[str, str]]:
        """Returns the addresses and agents that used a key, once the service has noted them."""
        while True:
            answer = self.operator.get(f"/v1/keys/{key.public_key}/usage").raise_for_status()
            if found := answer.json()["sources"]:
                return {(each["address"], each["agent"]) for each in found}

    def revoke(self, key: Key) -> None:
        """Revokes a key; the receipt is there when this returns."""
        self.operator.post(f"/v1/keys/{key.public_key}/revoke", json={}).raise_for_status()


@dataclass(frozen=True)
class Gateway:
    """A gateway that runs, and a caller of it."""

    product: Product
    caller: httpx.Client
    near: httpx.Client
    service: Service
    upstream: Upstream

    def ask(
        self,
        secret: str,
        path: str = "/orders",
        headers: Sequence[tuple[str, str]] = (),
        address: str = CALLER,
    ) -> httpx.Response:
        """Asks for something protected, without a secret for a preflight; the body is read."""
        sent = [("Authorization", f"Bearer {secret}")] if secret else OF_PREFLIGHT
        method = "GET" if secret else "OPTIONS"
        caller = self.near if address == NEAR else self.caller
        return caller.request(method, f"/{self.product.name}{path}", headers=[*sent, *headers])

    def measure(
        self,
        key: Key,
        query: str = "",
        headers: Sequence[tuple[str, str]] = (),
        address: str = CALLER,
    ) -> Cell:
        """Asks, and looks at both sides."""
        path = f"/{fresh_nonce()}"
        began = time.monotonic()
        answer = self.ask(key.secret, path + query, headers, address)
        seconds = time.monotonic() - began
        seen = self.upstream.seen.get(f"/{self.product.name}{path}")
        target = f"/{self.product.name}{path}{query}"
        told = _told(seen, key, target, address, answer.request.headers["host"])
        return Cell(answer.status_code, _body(answer), told, seconds)


def _body(answer: httpx.Response) -> str:
    """Returns the kind of the body; a problem has to say what the status and the header say."""
    kind = str(answer.headers.get("content-type", "nothing").partition(";")[0])
    if kind != "application/problem+json":
        return "its own" if answer.status_code == 200 else kind
    problem, headers = json.loads(answer.content), answer.headers
    is_true = (
        len({*headers}) == len(headers.multi_items())
        and (problem["status"], problem["error"])
        == (answer.status_code, headers.get("x-auth-reason"))
        and ("www-authenticate" in headers) == (answer.status_code in (400, 401))
        and headers.get("cache-control") == "no-store"
    )
    return f"problem {problem['error']}" if is_true else f"contradiction: {problem} {headers}"


def _told(seen: Seen | None, key: Key, target: str, address: str, host: str) -> str:
    if seen is None:
        return "nothing"
    names = [name for name, _ in seen.headers]
    who = [value for name in IDENTITY for value in seen.all(name)]
    told = ("who" if who else "nobody") if who == key.identity else f"{who}"
    told += "" if seen.target == target else ", another target"
    told += "" if seen.all("host") == [host] else ", another host"
    ours = {name for name in names if name.replace("_", "-") in (*IDENTITY, DEMAND)}
    others = ours.difference(IDENTITY)
    told += "".join(f", {name}" for name in sorted(others))
    told += ", cut off" if "x-" in "".join(seen.all("connection")).lower() else ""
    told += ", the secret" if "authorization" in names else ""
    told_of = [value for name, value in seen.headers if name.replace("_", "-") in ADDRESSES]
    true = seen.all("x-forwarded-for") == [address] and {*told_of} == {address}
    told += ", from where" if true and "forwarded" not in names else ""
    return told


def _usual(gateway: Gateway, good: Key) -> dict[str, Cell]:
    service, measure = gateway.service, gateway.measure
    revoked = service.key()
    assert gateway.ask(revoked.secret).status_code == 200
    service.revoke(revoked)
    limited = service.key(allowed_ips=[CALLER])
    elsewhere = service.key(allowed_ips=["198.51.100.7", "203.0.113.9"])
    forged = replace(NOBODY, secret=credential.mint(Kind.API_KEY).text)
    return {
        REVOKED: measure(revoked),
        GOOD: measure(good),
        FORGED: measure(forged),
        OTHER: measure(service.key(service.other)),
        MALFORMED: measure(replace(NOBODY, secret="two words")),
        SPOOF: measure(good, headers=SPOOFED),
        LIMITED: measure(limited),
        BESIDE: measure(service.key(allowed_ips=[NEAR]), headers=SPOOFED, address=NEAR),
        ELSEWHERE: measure(elsewhere, headers=SPOOFED),
        ASKING: measure(good, QUERY),
        PREFLIGHT: measure(NOBODY, headers=SPOOFED),
    }


def measured(gateways: Sequence[Gateway]) -> Measured:
    """Measures every case. The service does not run any more after it."""
    if not gateways:
        return Measured({}, {})
    service = gateways[0].service
    keys = {gateway.product.name: service.key() for gateway in gateways}
    cells: dict[str, dict[str, Cell]] = {name: {} for name in keys}

    def ask(question: Callable[[Gateway, Key], dict[str, Cell]]) -> None:
        with ThreadPoolExecutor(len(gateways)) as pool:
            asked = [
                pool.submit(question, gateway, key)
                for gateway, key in zip(gateways, keys.values(), strict=True)
            ]
        for name, answer in zip(keys, asked, strict=True):
            cells[name] |= answer.result()

    ask(_usual)
    callers = {name: service.sources(key) for name, key in keys.items()}
    os.kill(service.running.process.pid, signal.SIGSTOP)
    try:
        ask(lambda gateway, key: {SILENT: gateway.measure(key)})
    finally:
        os.kill(service.running.process.pid, signal.SIGCONT)
    ask(lambda gateway, key: {BACK: gateway.measure(key)})
    service.database.rename(service.database.with_suffix(".aside"))
    assert service.running.says("the database is refused")
    ask(lambda gateway, key: {AWAY: gateway.measure(key)})
    service.running.stop()
    ask(lambda gateway, key: {GONE: gateway.measure(key)})
    return Measured(cells, callers)


@contextmanager
def service_at(scratch: Path) -> Iterator[Service]:
    """A service with two integrations, which trusts the gateways."""
    data_dir = scratch / "data"
    settings = ServiceSettings.from_environment(data_dir, environ={})
    made = asyncio.run(initialize(settings, workspace="Acme", account="ops@acme.example"))
    headers = {"Authorization": f"Bearer {made.operator_token}"}
    with (
        serving(
            data_dir,
            scratch,
            KEYCONSOLE_TRUSTED_PROXIES="127.0.0.1",
            KEYCONSOLE_FORWARD_AUTH_PREFLIGHT="on",
        ) as running,
        httpx.Client(base_url=running.url, headers=headers, trust_env=False) as operator,
    ):
        ids = [
            operator.post("/v1/integrations", json=COMPLETE | {"name": name}).json()["id"]
            for name in ("Salesforce", "HubSpot")
        ]
        yield Service(running, operator, settings.database_path, *ids)


@contextmanager
def gateways_at(
    service: Service, products: Sequence[Product] = PRODUCTS
) -> Iterator[list[Gateway]]:
    """Every gateway of these that is installed here, in front of the same service."""
    products = [product for product in products if not product.missing]
    address = service.running.url.removeprefix("http://")
    with ExitStack() as stack:
        protected = stack.enter_context(upstream())
        running = [
            product.started(address, protected.address, service.integration) for product in products
        ]
        with ThreadPoolExecutor(max(1, len(running))) as pool:
            starts = [pool.submit(each.__enter__) for each in running]
        for each, start in zip(running, starts, strict=True):
            if start.exception() is None:
                stack.push(each)
        gateways = []
        for product, url in zip(products, [start.result() for start in starts], strict=True):
            far, near = (
                stack.enter_context(
                    httpx.Client(
                        base_url=url,
                        transport=httpx.HTTPTransport(local_address=address),
                        headers={"User-Agent": AGENT},
                        timeout=30,
                    )
                )
                for address in (CALLER, NEAR)
            )
            gateways.append(Gateway(product, far, near, service, protected))
        yield gateways
