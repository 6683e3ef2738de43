"""PostgreSQL is away: nobody is let through, everybody is told, and it passes by itself."""

from pathlib import Path

import pytest
from tests.gateway import outage
from tests.gateway.outage import HUNG, NGINX, SECONDS, STOPPED, measure
from tests.service.store.postgres import places, pooler

SHORT_SECONDS = {STOPPED: 1.0, HUNG: 3.0}
"""How long the server is away in the suite; a verification waits for two seconds."""
BUSY_SECONDS = 5
"""What a busy machine may add to the limits of the page."""

pytestmark = [
    pytest.mark.skipif(bool(NGINX.missing), reason=NGINX.missing),
    pytest.mark.skipif(pooler.PROGRAM is None, reason="pgbouncer is not installed"),
    pytest.mark.skipif(bool(places.obstacle()), reason=places.obstacle()),
]


async def test_what_is_told_meanwhile_is_what_the_page_says(
    tmp_path: Path, *, is_full: bool
) -> None:
    page = outage.read()
    cells = await measure(tmp_path, SECONDS if is_full else SHORT_SECONDS)
    assert {*cells} == {*page}
    for row, cell in cells.items():
        assert cell.answers <= page[row].answers, row
        told = "200" if row.request == "`/livez`" else "503 store-unavailable"
        assert page[row].answers == {told}, row
        assert cell.seconds < page[row].seconds + BUSY_SECONDS, row
        assert cell.recovery < page[row].recovery + BUSY_SECONDS, row
