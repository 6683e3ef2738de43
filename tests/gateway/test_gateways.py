"""Every gateway of the documentation, with its own files, in front of a real `service run`."""

from collections.abc import Iterator

import pytest
import yaml
from tests.gateway import table
from tests.gateway.measuring import (
    AGENT,
    ASKING,
    AWAY,
    BACK,
    BESIDE,
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
from tests.gateway.products import HERE, PRODUCTS, Product

from keyconsole.service import server
from keyconsole.service.server import IDLE_SECONDS

BUSY_SECONDS = 5
"""What a busy machine may add to the limits of the page."""


def came_of(status: int, body: str, saw: str) -> Cell:
    return Cell(status, body, saw, 0)


def refused(status: int, reason: str) -> Cell:
    return came_of(status, f"problem {reason}", "nothing")


THROUGH = came_of(200, "its own", "who, from where")
EXPECTED = {
    GOOD: THROUGH,
    REVOKED: refused(401, "key-revoked"),
    FORGED: refused(401, "credential-invalid"),
    OTHER: refused(403, "integration-mismatch"),
    MALFORMED: refused(400, "credential-malformed"),
    SPOOF: THROUGH,
    LIMITED: THROUGH,
    BESIDE: THROUGH,
    ELSEWHERE: refused(403, "ip-not-allowed"),
    ASKING: THROUGH,
    PREFLIGHT: came_of(200, "its own", "nobody, from where"),
    BACK: THROUGH,
    AWAY: refused(503, "store-unavailable"),
    SILENT: refused(503, "service-unreachable"),
    GONE: refused(503, "service-unreachable"),
}
CANNOT = {
    **{
        (name, PREFLIGHT): refused(401, "credential-missing")
        for name in ("Caddy", "Traefik", "HAProxy")
    },
    ("Envoy", AWAY): refused(503, "service-unreachable"),
    ("Traefik", SILENT): came_of(503, "text/plain", "nothing"),
    ("Traefik", GONE): came_of(503, "text/plain", "nothing"),
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
    if not found.cells:
        pytest.skip("no gateway is installed")
    page = table.read()
    assert {*page} == {product.name for product in PRODUCTS}
    assert found.cells == {name: page[name] for name in found.cells}, (
        "Draw it again: python -m tests.gateway.table"
    )
    late = {
        (name, case): cell.seconds
        for name, cells in found.cells.items()
        for case, cell in cells.items()
        if cell.seconds > page[name][case].seconds + BUSY_SECONDS
    }
    assert late == {}
    assert all(each.seconds <= 5 for cells in page.values() for each in cells.values())


def test_no_gateway_keeps_a_connection_for_longer_than_the_service() -> None:
    clusters = yaml.safe_load((HERE / "envoy.yaml").read_text())["static_resources"]["clusters"]
    [options] = clusters[0]["typed_extension_protocol_options"].values()
    idle = options["common_http_protocol_options"]["idle_timeout"]
    assert float(idle.removesuffix("s")) < IDLE_SECONDS
    assert server._OPTIONS["timeout_keep_alive"] == IDLE_SECONDS
