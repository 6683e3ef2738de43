"""The keys that a person may give to the actions of the console, and what is refused."""

from pathlib import Path

import pytest

from keyconsole.core import shortcuts
from keyconsole.local import config

FIXED = "which means the same on every screen"
UNSENT = "which no terminal sends as a key of its own"


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({"generate": ("a",)}, {"generate": "is no action of the console"}),
        ({"confirm_revoke": ("x",)}, {"confirm_revoke": "keeps its key"}),
        ({"second_part": ("9",)}, {"second_part": "keeps its key"}),
        ({"new": ("enter",)}, {"new": f"cannot be enter, {FIXED}"}),
        ({"revoke": ("space",)}, {"revoke": f"cannot be space, {FIXED}"}),
        ({"help": ("j",)}, {"help": f"cannot be j, {FIXED}"}),
        ({"new": ("ctrl+i",)}, {"new": f"cannot be ctrl+i, {UNSENT}"}),
        ({"new": ("ctrl+shift+n",)}, {"new": f"cannot be ctrl+shift+n, {UNSENT}"}),
        ({"new": (" ",)}, {"new": f"cannot be  , {UNSENT}"}),
        ({"new": ("x",)}, {"new": "cannot be x, which is revoke"}),
        ({"new": ("b", "x")}, {"new": "cannot be x, which is revoke"}),
        ({"new": ("b",), "edit": ("b",)}, {"edit": "cannot be b, which is new"}),
        # They change places: neither is taken from anybody.
        ({"new": ("e",), "edit": ("n",)}, {}),
        # The one stays where it was, so that the other cannot have its key.
        ({"new": ("x",), "revoke": ("enter",)},
         {"new": "cannot be x, which is revoke", "revoke": f"cannot be enter, {FIXED}"}),
        ({"new": ("n", "т"), "find": ("f3", "ctrl+g"), "revoke": ("delete",)}, {}),
    ],
)  # fmt: skip
def test_a_key_that_cannot_be_given_is_refused_with_its_reason(
    changes: dict[str, tuple[str, ...]], refused: dict[str, str]
) -> None:
    assert shortcuts.refusals(changes) == refused


def test_a_wrong_key_is_told_by_line_and_the_rest_applies(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[keys]\nnew = "b"\nrevok = "z"\nedit = "x"\nfind = 3\nhelp = ["?", "f1"]\n')

    found = config.load(file)

    assert found.keys == {"new": ("b",), "help": ("?", "f1")}
    assert found.warnings == (
        f"{file}, line 5, column 1: find must be a key in quotes, or a list.",
        f"{file}, line 3, column 1: revok is no action of the console; did you mean revoke.",
        f"{file}, line 4, column 1: edit cannot be x, which is revoke.",
    )
