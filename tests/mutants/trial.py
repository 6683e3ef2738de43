"""One run of pytest with a mutant, in a process of its own."""

import os
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import pytest
import pytest_timeout
from pytest_asyncio import plugin as pytest_asyncio

PRELOADED = ["aiosqlite", "alembic", "asyncpg", "fastapi", "httpx", "hypothesis", "pydantic"]
PRELOADED += ["sqlalchemy.ext.asyncio", "textual.app", "textual.widgets", "uvicorn", __name__]
"""Modules that nearly every test needs and no mutant is in: they are imported once."""

_OPTIONS = ["-q", "--no-header", "-x", "-p", "no:cacheprovider"]
# Without xdist and the other plugins, whose import takes longer than most of the tests.
_OPTIONS += ["-o", "addopts=--import-mode=importlib --strict-markers"]


class Judge:
    """A plugin for pytest: only a failed test counts, and only one that imported the mutant."""

    def __init__(self, module: str, path: Path) -> None:
        self._module, self._path = module, path
        self._is_judged = True

    def pytest_configure(self) -> None:
        """Refuse to run if the module would be imported from anywhere else."""
        spec = find_spec(self._module)
        if spec is None or spec.origin != str(self._path):
            raise pytest.UsageError(f"{self._module} is not imported from {self._path}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a fixture that failed: no test has judged the mutant then."""
        if report.failed and report.when != "call":
            self._is_judged = False

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Exit as after an internal error, unless a test has judged the mutant."""
        if not self._is_judged or self._module not in sys.modules:
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR


def run_tests(source: Path, module: str, path: Path, keyword: str, tests: list[str]) -> None:
    """Runs tests on the source with a mutant, and exits with the code of pytest.

    What is printed goes to the file `output` beside the source, and so do temporary files.
    """
    directory = source.parent
    os.environ |= {"PYTHONPATH": str(source), "TMPDIR": str(directory)}
    os.environ |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
    tempfile.tempdir = str(directory)
    sys.path.insert(0, str(source))
    with (directory / "output").open("w") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    code = pytest.main(
        [*_OPTIONS, "-k", keyword, *tests],
        plugins=[pytest_asyncio, pytest_timeout, Judge(module, path)],
    )
    sys.exit(int(code))
