"""Pictures of consoles, compared with those of `__snapshots__`, one file a scene and size."""

import pickle
from dataclasses import dataclass

import pytest
from pytest_textual_snapshot import (
    PseudoApp,
    PseudoConsole,
    SVGImageExtension,
    node_to_report_path,
)
from rich.console import ConsoleDimensions
from syrupy.assertion import SnapshotAssertion
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex
from tests.console.desk import Desk


class _Picture(SVGImageExtension):  # type: ignore[misc]
    """Named by scene and size alone, so that several tests compare with the same picture."""

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: SnapshotIndex = 0) -> str:
        return f"test_it_looks_as_it_did[{index}]"


@dataclass(frozen=True)
class Pictures:
    """The pictures of one test; those that differ go into `snapshot_report.html`."""

    snapshot: SnapshotAssertion
    node: pytest.Item

    def match(self, desk: Desk, scene: str) -> bool:
        """Return whether the console looks as the scene did when it was last drawn."""
        width, height = desk.app.size
        name = f"{scene}-{width}x{height}"
        svg = desk.app.export_screenshot(title=desk.app.title, simplify=True)
        is_same = bool(self.snapshot(name=name) == svg)
        if not is_same:
            self._report(name, svg)
        return is_same

    def _report(self, name: str, svg: str) -> None:
        """Hand a picture to pytest-textual-snapshot, which writes the page at the end."""
        expected = list(self.snapshot.executions.values())[-1].recalled_data
        path, line, _ = self.node.reportinfo()
        app = PseudoApp(PseudoConsole(legacy_windows=False, size=ConsoleDimensions(80, 24)))
        data = (False, str(expected or ""), svg, app, path, line, name, "", "", bool(expected))
        file = node_to_report_path(self.node)
        file.with_name(f"{file.name}_{name}").write_bytes(pickle.dumps(data))


@pytest.fixture
def pictures(snapshot: SnapshotAssertion, request: pytest.FixtureRequest) -> Pictures:
    """Compares a console with what is in `__snapshots__`."""
    return Pictures(snapshot.use_extension(_Picture), request.node)
