"""Every gateway of the documentation, with its own files, in front of a real `service run`."""

from collections.abc import Iterator

import pytest
from tests.gateway import table
from tests.gateway.measuring import (
    AGENT,
    ASKING,
    AWAY,
    BACK,
    CALLER,
    CASES,
    ELSEWHERE,
    FORGED,
    GONE,
    GOOD,
    LIMITED,
    MALFORMED,
    OTHER,
    PREFLIGHT,
    REVOKED,
    SILENT,
    SPOOF,
    Cell,
    Measured,
    gateways_at,
    measured,
    service_at,
)
from tests.gateway.products import PRODUCTS, Product

THROUGH = Cell(200, "its own", "who, from where", "< 2 s")


def refused(status: int, reason: str, seconds: str = "< 2 s") -> Cell:
    return Cell(status, f"problem {reason}", "nothing", seconds)


EXPECTED = {
    GOOD: THROUGH,
    REVOKED: refused(401, "key-revoked"),
    FORGED: refused(401, "credential-invalid"),
    OTHER: refused(403, "integration-mismatch"),
    MALFORMED: refused(400, "credential-malformed"),
    SPOOF: THROUGH,
    LIMITED: THROUGH,
    ELSEWHERE: refused(403, "ip-not-allowed"),
    ASKING: THROUGH,
    PREFLIGHT: Cell(200, "its own", "nobody, from where", "< 2 s"),
    BACK: THROUGH,
    AWAY: refused(503, "store-unavailable"),
    SILENT: refused(503, "service-unreachable", "< 5 s"),
    GONE: refused(503, "service-unreachable"),
}
CANNOT = {
    **{
        (name, PREFLIGHT): refused(401, "credential-missing")
        for name in ("Caddy", "Traefik", "HAProxy")
    },
    ("Envoy", AWAY): refused(503, "service-unreachable"),
    ("Traefik", SILENT): Cell(503, "text/plain", "nothing", "< 5 s"),
    ("Traefik", GONE): Cell(503, "text/plain", "nothing", "< 2 s"),
    ("HAProxy", GONE): refused(503, "service-unreachable", "< 5 s"),
}
"""What a product has no way to do as the others do; the page says why."""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Measured]:
    """What every gateway that is installed here made of every case."""
    with service_at(tmp_path_factory.mktemp("service")) as service, gateways_at(service) as running:
        yield measured(running)


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.name)
def test_what_comes_of_every_case_is_right(product: Product, found: Measured) -> None:
    if product.missing:
        pytest.skip(product.missing)
    expected = {case: CANNOT.get((product.name, case), EXPECTED[case]) for case in CASES}
    assert found.cells[product.name] == expected
    assert found.callers[product.name] == {(CALLER, AGENT)}


def test_the_table_on_the_page_is_what_was_measured(found: Measured) -> None:
    page = table.read()
    assert {*page} == {product.name for product in PRODUCTS}
    assert found.cells == {name: page[name] for name in found.cells}, (
        "Draw it again: python -m tests.gateway.table"
    )
