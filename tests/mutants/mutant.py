"""Mutants: small faults, each with the function it breaks and the tests that must fail for it.

They are kept as data in the `.toml` files of this directory, one file for each area.
"""

import ast
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SOURCE = ROOT / "src"


class StaleMutantError(Exception):
    """The source has changed, and the mutant does not apply to it any more."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A fault that somebody could make.

    `function` is the dotted name of a function, method, class or constant. `old` occurs exactly
    once in its source and is replaced by `new`. `harm` says what a user would suffer. `tests` are
    node ids, narrowed by `keyword` as by the option `-k` of pytest.
    """

    name: str
    function: str
    old: str
    new: str
    harm: str
    tests: tuple[str, ...]
    keyword: str = "not postgresql"

    @property
    def module(self) -> str:
        """The dotted name of the module that is broken."""
        return ".".join(self._split()[1])

    @property
    def file(self) -> Path:
        """The path of the module, relative to the source directory."""
        return self._split()[0].relative_to(SOURCE)

    def mutated(self) -> str:
        """Returns the source of the module with the fault in it.

        Raises `StaleMutantError` if it cannot be put there.
        """
        path, _, inside = self._split()
        lines = path.read_text(encoding="utf-8").split("\n")
        start, end = self._span(ast.parse("\n".join(lines)), inside)
        body = "\n".join(lines[start:end])
        if (count := body.count(self.old)) != 1:
            raise self._stale(f"the old text occurs {count} times in {self.function}")
        text = "\n".join([*lines[:start], body.replace(self.old, self.new), *lines[end:]])
        try:
            compile(text, str(path), "exec")
        except SyntaxError as error:
            raise self._stale(f"the new text does not compile: {error}") from None
        return text

    def _split(self) -> tuple[Path, list[str], list[str]]:
        """Returns the file, the names that lead to the module, and those inside of it."""
        names = self.function.split(".")
        for length in range(len(names), 0, -1):
            path = SOURCE.joinpath(*names[:length]).with_suffix(".py")
            if path.is_file():
                return path, names[:length], names[length:]
        raise self._stale(f"there is no module of {self.function}")

    def _span(self, node: ast.AST, names: list[str]) -> tuple[int, int]:
        """Returns the lines of a definition: the index of the first, and the one after the last."""
        found = node
        for name in names:
            body: list[ast.stmt] = getattr(found, "body", [])
            matching = [each for each in body if name in _names_of(each)]
            if len(matching) != 1:
                raise self._stale(f"{len(matching)} definitions are called {self.function}")
            found = matching[0]
        if not isinstance(found, ast.stmt) or found.end_lineno is None:
            raise self._stale(f"{self.function} is a module, not a definition in it")
        return found.lineno - 1, found.end_lineno

    def _stale(self, why: str) -> StaleMutantError:
        return StaleMutantError(f"{self.name}: {why}")


def _names_of(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return [statement.name]
        case ast.Assign():
            return [target.id for target in statement.targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def load() -> list[Mutant]:
    """Returns all the mutants, in the order of the files and of the text in them."""
    return [
        Mutant(**each | {"tests": tuple(each["tests"])})
        for path in sorted(HERE.glob("*.toml"))
        for each in tomllib.loads(path.read_text(encoding="utf-8"))["mutant"]
    ]
