"""What can be no text, no number and no time is refused by every route, in every place.

Where there are places the routes say themselves: a new field or parameter is tried without a
line here, and a new body fails the first test until there is one of it below.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from tests.service.test_authorization import objects
from tests.service.world import COMPLETE, START, World, fresh_nonce

from keyconsole.service import oautherrors
from keyconsole.service.clock import DAY, moment
from keyconsole.service.management import management
from keyconsole.service.routes import openapi
from keyconsole.wire import rfc3339

LATER = rfc3339(moment(START + 30 * DAY))
_WHY = {"reason": "superseded", "incident": "INC-1", "note": "why"}
_PACE = {"deadline": LATER, "quiet_minutes": 5, "automatic": True}

BODIES: dict[str, dict[str, Any]] = {
    "IntegrationCreate": COMPLETE | {"name": "n", "workspace_id": "{workspace_id}"},
    "IntegrationPatch": COMPLETE | {"name": "n", "status": "configured", "max_key_age_days": 90},
    "KeyCreate": {
        "label": "l",
        "expires_at": LATER,
        "allowed_ips": ["10.1.4.7"],
        "metadata": {"team": "billing"},
    },
    "KeyPatch": {"label": "l", "expires_at": LATER, "metadata": {"team": "billing"}},
    "RevokeRequest": _WHY,
    "DisableRequest": _WHY | {"until": LATER, "then": "enable"},
    "DismissalRequest": {"until": LATER},
    "ReviewRequest": {"finding": "unclear", "until": LATER},
    "IdentifyRequest": {"public_key": "{public_key}", "digest": "0" * 64},
    "MemberCreate": {"email": "a@b.c", "role": "viewer", "workspace_id": "{workspace_id}"},
    "MemberPatch": {"role": "viewer"},
    "TokenCreate": {
        "account_id": "{account_id}",
        "workspace_id": "{workspace_id}",
        "label": "l",
        "expires_at": LATER,
    },
    "RevocationRequest": _WHY
    | {"dry_run": True, "expect_count": 1, "selection_hash": "0" * 64}
    | {"keys": [{"public_key": "{public_key}", "digest": "0" * 64}]},
    "RotationRequest": {"label": "l", "expires_at": LATER} | _PACE,
    "RotationPatch": {"paused": False} | _PACE,
    "RotationCompletion": _WHY | {"now": True},
    "WorkspacePatch": {
        "settings": {
            "max_key_age_days": 90,
            "warning_days": 7,
            "unused_for_days": 90,
            "label_needs_environment": False,
            "environments": ["prod"],
            "rotation_quiet_minutes": 5,
            "rotation_deadline_days": 5,
            "rotation_automatic": False,
        }
    },
}
"""Of each body one that is good, and says all it can. Ids in braces are filled in."""

SELECTOR = {
    "integration": "{integration_id}",
    "label": "l*",
    "created_by": "{account_id}",
    "unused_for": "90d",
    "created_after": LATER,
    "created_before": LATER,
}

NEVER = [
    r'"a\u0000b"',
    r'["\u0000"]',
    r'{"a\u0000b":"x"}',
    r'{"x":"\u0000"}',
    r'"\ud800"',
    '{"x":"1","x":"1"}',
    "1e999",
    "9223372036854775808",
    "9" * 5_000,
    '{"a":' * 300 + "1" + "}" * 300,
]
"""What no field takes, some of it not even JSON."""

SELDOM = [
    *("-0", "1.0", "NaN", "null", "true", "[]", "{}", '""'),
    *('"0001-01-01T00:00:00+23:59"', '"9999-12-31T23:59:59-23:59"'),
]
"""What one field or another may take."""

SECONDS = '"20000000000"'
"""A number in quotes is a name, and never so many seconds since 1970."""

NEVER_ASKED = ["a%00b", "2026-01-01T00:00:00Z%00"]
SELDOM_ASKED = [
    *("%ED%A0%80", "%F4%8F%BF%BF", "", '"""', "(" * 400, "99999w"),
    *("9" * 22, "9" * 5_000, "1e999"),
    *("0001-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59"),
]
"""The same, as they stand in an address."""


@dataclass(frozen=True)
class Route:
    """A method at an address, and what it takes."""

    method: str
    path: str
    body: str | None
    query: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _routes() -> Iterator[Route]:
    for path, operations in openapi.document(management())["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {})
            reference = content.get("application/json", {}).get("schema", {}).get("$ref", "")
            query = [
                each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"
            ]
            yield Route(method.upper(), path, reference.rpartition("/")[2] or None, tuple(query))


ROUTES = list(_routes())


Place = tuple[str | int, ...]


def places(node: Any, *before: str | int) -> Iterator[tuple[Place, Any]]:
    """Where something stands in a document, and what."""
    inside: Any = ()
    if isinstance(node, dict):
        inside = node.items()
    elif isinstance(node, list):
        inside = enumerate(node)
    for name, value in inside:
        yield (*before, name), value
        yield from places(value, *before, name)


def replaced(body: Any, place: Place, value: str) -> str:
    """The document with something else in one place."""
    copy = json.loads(json.dumps(body))
    inside = copy
    for name in place[:-1]:
        inside = inside[name]
    inside[place[-1]] = "@"
    return json.dumps(copy).replace('"@"', value)


def proper(answer: httpx.Response, *what: object) -> None:
    """Neither a failure of the service, nor a refusal in words of somebody else."""
    assert answer.status_code < 500, (*what, answer.text)
    if answer.status_code >= 400:
        is_oauth = answer.request.url.path in oautherrors.PATHS
        expected = "application/json" if is_oauth else "application/problem+json"
        assert answer.headers["content-type"] == expected, what
        assert answer.json()["status"] == answer.status_code


def test_there_is_one_of_each_body() -> None:
    assert {route.body for route in ROUTES} - {None} == set(BODIES)


@pytest.mark.parametrize("route", [each for each in ROUTES if each.body], ids=str)
async def test_no_field_takes_it(world: World, route: Route) -> None:
    ids = await objects(world, world.admin)
    bodies = [BODIES[route.body or ""]]
    if route.body == "RevocationRequest":
        bodies.append({"selector": SELECTOR, "dry_run": True})

    async def send(content: str) -> httpx.Response:
        for name, value in ids.items():
            content = content.replace(f"{{{name}}}", value)
        return await world.admin.http.request(
            route.method,
            route.path.format(**ids),
            content=content,
            headers={"idempotency-key": fresh_nonce(), "if-match": "*"},
        )

    # It is refused before a database is asked, so that one of them is enough.
    never = [] if world.settings.is_postgresql else NEVER
    for body in bodies:
        for place, good in places(body):
            for value in never + ([SECONDS] if good == LATER else []):
                answer = await send(replaced(body, place, value))
                proper(answer, place, value[:40])
                # One may not get as far as the field: a rotation is under way already.
                assert answer.status_code in (400, 409, 422), (place, value[:40], answer.text)
        for place, _ in places(body):
            for value in SELDOM:
                proper(await send(replaced(body, place, value)), place, value)
        for content in never + SELDOM:
            proper(await send(content), content[:40])


@pytest.mark.parametrize("route", [each for each in ROUTES if each.query], ids=str)
async def test_no_parameter_takes_it(world: World, route: Route) -> None:
    ids = await objects(world, world.admin)

    async def ask(query: str) -> httpx.Response:
        return await world.admin.http.request(route.method, f"{route.path.format(**ids)}?{query}")

    for name in route.query:
        for value in NEVER_ASKED + SELDOM_ASKED:
            answer = await ask(f"{name}={value}")
            proper(answer, name, value[:40])
            assert value not in NEVER_ASKED or answer.status_code >= 400, (name, value)
    for name in NEVER_ASKED + SELDOM_ASKED:
        proper(await ask(f"{name}=1"), name[:40])


async def test_what_has_it_in_its_id_does_not_exist(world: World) -> None:
    ids = await objects(world, world.admin)
    for route in ROUTES:
        for name, value in ids.items():
            if f"{{{name}}}" in route.path:
                for other in (*NEVER_ASKED, f"{value}%00", f"%00{value}", f"{value}%ED%A0%80"):
                    path = route.path.format(**ids | {name: other})
                    answer = await world.admin.http.request(route.method, path, content=b"{}")
                    proper(answer, path)
                    assert answer.status_code == 404, path
