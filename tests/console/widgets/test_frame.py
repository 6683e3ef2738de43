"""The frame around every screen, with names as long as names may be."""

import pytest
from tests.console.desk import integration_of, sit_down
from tests.stage import Stage

from keyconsole.wire import IntegrationPatch

SIZES = [(60, 16), (80, 24), (120, 40)]


@pytest.mark.parametrize("size", SIZES)
async def test_a_long_name_is_shortened_in_the_crumbs_and_not_left_out(
    size: tuple[int, int], stage: Stage
) -> None:
    here = await integration_of(stage)
    await stage.client().update_integration(here.id, IntegrationPatch(name="salesforce " * 9))
    async with sit_down(stage, f"/oauth/{here.id}/api-keys", size=size) as desk:
        for keys in ((), ("x",), ("escape", "question_mark")):
            await desk.press(*keys)
            (crumbs,) = [line for line in desk.text.split("\n")[:3] if "›" in line]
            assert "salesforce sal" in crumbs
