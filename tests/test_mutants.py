"""The mutants apply to the source as it is, and name tests that exist: `make mutants` runs them."""

import ast
import re
from functools import cache

import pytest
from tests.mutants.__main__ import choose
from tests.mutants.mutant import ROOT, Mutant, StaleMutantError, load

MUTANTS = load()


@cache
def names_in(path: str) -> set[str]:
    """The node ids of the tests in a file, without the path and the parameters."""
    module = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    classes = [node for node in module.body if isinstance(node, ast.ClassDef)]
    within = {f"{each.name}::{name}" for each in classes for name in functions_of(each)}
    return within | functions_of(module)


def functions_of(node: ast.ClassDef | ast.Module) -> set[str]:
    return {
        each.name
        for each in node.body
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name.startswith("test")
    }


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_mutant_applies_and_names_tests_that_exist(mutant: Mutant) -> None:
    assert mutant.mutated() != (ROOT / "src" / mutant.file).read_text(encoding="utf-8")
    assert mutant.harm.endswith(".")
    assert mutant.tests
    for test in mutant.tests:
        path, _, name = test.partition("::")
        assert name in names_in(path), test


def test_every_name_is_that_of_one_mutant() -> None:
    names = [mutant.name for mutant in MUTANTS]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[a-z0-9-]+", name) for name in names)


def test_a_seed_chooses_as_many_and_always_the_same() -> None:
    chosen = choose(MUTANTS, 8, "a commit")
    assert len(chosen) == 8
    assert choose(MUTANTS, 8, "a commit") == chosen
    assert any(choose(MUTANTS, 8, f"commit {n}") != chosen for n in range(10))


@pytest.mark.parametrize(
    ("function", "old"),
    [
        ("keyconsole.core.credential.nothing", "return"),
        ("keyconsole.nothing.parse", "return"),
        ("keyconsole.core.credential", "return"),
        ("keyconsole.core.credential.parse", "this is not in it"),
        ("keyconsole.core.credential.parse", "text"),
        ("keyconsole.core.credential.parse", "return "),
    ],
)
def test_a_mutant_that_does_not_apply_is_an_error_that_names_it(function: str, old: str) -> None:
    with pytest.raises(StaleMutantError, match=r"^stale: "):
        Mutant("stale", function, old, "(", "Nothing works.", ()).mutated()
