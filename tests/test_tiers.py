"""The tiers name tests that exist, so that none is lost when it is renamed."""

import ast
from pathlib import Path

import pytest
from tests.tiers import CHECK, SLOW, SMOKE

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("name", [*CHECK, *SLOW, *SMOKE])
def test_what_a_tier_names_exists(name: str) -> None:
    path, _, function = name.partition("::")
    if not path.endswith(".py"):
        assert list(ROOT.glob(f"{path}*"))
        return
    tree = ast.parse((ROOT / path).read_text())
    names = {node.name for node in ast.walk(tree) if hasattr(node, "name")}
    parts = function.partition("[")[0].split("::") if function else []
    assert names.issuperset(parts)


def test_what_stays_in_the_quick_tier_would_otherwise_be_slow() -> None:
    on_postgresql = ("tests/service/rules/", "tests/service/verification/")
    assert [name for name in SMOKE if not name.startswith((*SLOW, *on_postgresql))] == []
