"""A mark holds for the names and for the rules that it was made of, and for nothing else."""

import hashlib
from pathlib import Path

import pytest

from keyconsole.core import credentialtext
from keyconsole.core.credentialtext import examined
from keyconsole.core.credentialtext.examined import mark

PACKAGE = Path(credentialtext.__file__).parent
RULE_FILES = ("base85.py", "folding.py", "forms.py", "suspected.py")
SOURCES = {2: "e957cc78da4f97ed716588a2536dd857a5ce6c04a8c2fe16a784df8e5be2a13a"}
"""The digest of the files of the rules, by `RULES`."""


@pytest.mark.parametrize(
    ("label", "metadata"),
    [
        ("prod-b", {"team": "pay"}),
        ("prod-a", {"team": "ops"}),
        ("prod-a", {"group": "pay"}),
        ("prod-a", {"team": "pay", "of": "x"}),
        ("prod-a", {}),
        ("prod-a", None),
        ("prod-ateam", {"": "pay"}),
    ],
)
def test_other_names_have_another_mark(label: str, metadata: dict[str, str] | None) -> None:
    assert mark(label, metadata) != mark("prod-a", {"team": "pay"})


def test_the_order_of_metadata_does_not_matter() -> None:
    assert mark("a", {"b": "c", "d": "e"}) == mark("a", {"d": "e", "b": "c"})
    assert mark("a", None) == mark("a", {})


def test_other_rules_have_another_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    before = mark("prod-a", None)
    monkeypatch.setattr(examined, "RULES", examined.RULES + 1)
    assert mark("prod-a", None) != before


def test_rules_that_changed_have_another_version() -> None:
    digest = hashlib.sha256()
    for name in RULE_FILES:
        digest.update((PACKAGE / name).read_bytes())
    assert SOURCES[examined.RULES] == digest.hexdigest(), (
        "A file of the rules has changed. If more is refused than before, increment `RULES`, so "
        "that names which were examined by the old rules are examined again. Then note the digest."
    )
