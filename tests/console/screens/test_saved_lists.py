"""s: every list is saved under a name of its own, with the columns that a command writes."""

import csv
from pathlib import Path

from tests.console.desk import IN_USE, Desk, key_of, sit_down
from tests.stage import Stage

from keyconsole.console.screens.path_dialogs import ExportDialog
from keyconsole.text.export_files import FILES


async def saved(desk: Desk, directory: Path) -> tuple[str, list[list[str]]]:
    """The name of the file that `s` writes, and its rows below the names of the columns."""
    await desk.press("s")
    name = Path(desk.see(ExportDialog).proposed).stem
    await desk.press("enter")
    path = directory / f"{name}.csv"
    head, *rows = csv.reader(path.read_text().splitlines())
    assert tuple(head) == FILES[name].names
    path.unlink()
    return name, rows


async def test_every_list_is_saved(stage: Stage, surroundings: Path) -> None:
    key = await key_of(stage, IN_USE)
    async with sit_down(stage, "/oauth") as desk:
        name, rows = await saved(desk, surroundings)
        assert (name, len(rows)) == ("integrations", len(desk.rows))
        for opens, list_name in (
            ("exclamation_mark", "attention"),
            ("number_sign", "report"),
            ("L", "label-audit"),
            ("A", "audit-log"),
            ("M", "members"),
        ):
            await desk.press(opens)
            name, rows = await saved(desk, surroundings)
            assert (name, bool(rows)) == (list_name, True)
        await desk.press("T", "s")
        assert "There is nothing to save." in desk.words
    async with sit_down(stage, f"/oauth/{key.integration_id}/api-keys") as desk:
        name, rows = await saved(desk, surroundings)
        assert (name, [row[0] for row in rows]) == ("keys", desk.labels)
        await desk.put_cursor_on(IN_USE)
        await desk.press("enter")
        name, rows = await saved(desk, surroundings)
        assert name == "sources"
        assert "91.20.7.5" in [row[0] for row in rows]
