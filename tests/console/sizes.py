"""A storm of sizes, and dialogs whose answers must be readable at each."""

from tests.console.desk import Desk

from keyconsole.console.screens.dialog import DialogScreen
from keyconsole.console.screens.framed import TINY
from keyconsole.console.widgets.chip import Chip

STORM = ((300, 16), (20, 5), (61, 100))
WHOLE = (TINY, (80, 24), (300, 16), (60, 100))


async def storm(desk: Desk) -> None:
    """Resize the terminal again and again, and then to what it was."""
    before = desk.app.size
    for size in STORM:
        await desk.pilot.resize_terminal(*size)
    await desk.resize(*before)


async def cut_answers(desk: Desk) -> dict[tuple[int, int], set[str]]:
    """The answers of a dialog that cannot be read whole in its box, by the size of the terminal."""
    if not isinstance(desk.app.screen, DialogScreen):
        return {}
    offered = _answers(desk)
    cut = {}
    for size in WHOLE:
        await desk.resize(*size)
        if missing := offered - _answers(desk):
            cut[size] = missing
    return cut


def _answers(desk: Desk) -> set[str]:
    chips = desk.app.screen.query(Chip)
    return {words for chip in chips if (words := chip.render().plain) in desk.text}
