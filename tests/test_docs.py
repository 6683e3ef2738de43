"""The documentation says what is so: references are generated, pictures and links exist."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])

_TARGET = re.compile(r"\]\(([^)#]+)")


def test_the_reference_is_what_registry_commands_and_service_say() -> None:
    checked = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.stderr == ""
    assert checked.returncode == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_picture_and_page_that_is_linked_exists(page: Path) -> None:
    targets = [target for target in _TARGET.findall(page.read_text()) if ":" not in target]

    assert [target for target in targets if not (page.parent / target).exists()] == []
