"""What the release workflow runs does what it says, from a copy of the tree."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from tests.release import workflows
from tests.release.workflows import ROOT

import keyconsole

for module in ("build", "twine", "cyclonedx_py"):
    pytest.importorskip(module, reason=f"{module} is not installed: make dist")

BUILD, TRY = (step.run or "" for step in workflows.steps("release.yml") if step.run)
ASIDE = shutil.ignore_patterns(
    ".git", ".venv", "build", "dist", "__pycache__", ".*_cache", ".hypothesis"
)
FAST = ["tests/test_paths.py", "tests/test_config.py", "tests/test_docs.py",
        "tests/test_workflows.py"]  # fmt: skip
"""They need the tree around them: pages, pictures, the Makefile, the workflows."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree in which the release workflow has built the packages."""
    copy = tmp_path_factory.mktemp("release") / "keyconsole"
    shutil.copytree(ROOT, copy, ignore=ASIDE)
    done = run_step(BUILD, copy)
    assert done.returncode == 0, done.stdout + done.stderr
    return copy


def run_step(command: str, directory: Path) -> "subprocess.CompletedProcess[str]":
    """Run a command as the workflow would, with the tools that are installed already."""
    tag = f"v{keyconsole.__version__}"
    tools = {"MAKEFLAGS": f"VENV={sys.prefix}", "PYTHON": sys.executable, "PIP_RETRIES": "0"}
    return run(["bash", "-euc", command], directory, GITHUB_REF_NAME=tag, **tools)


def run(command: list[str], directory: Path, **more: str) -> "subprocess.CompletedProcess[str]":
    # `make` of the tests must not hand on its own options.
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))
    }
    return subprocess.run(
        command, cwd=directory, env=environ | more, capture_output=True, text=True, check=False
    )


def test_a_release_is_a_wheel_a_source_archive_and_a_bill_of_materials(built: Path) -> None:
    version = keyconsole.__version__
    assert {path.name for path in (built / "dist").iterdir()} == {
        f"keyconsole-{version}-py3-none-any.whl",
        f"keyconsole-{version}.tar.gz",
        "sbom.cdx.json",
    }


def test_the_wheel_holds_the_package_and_nothing_beside_it(built: Path) -> None:
    [wheel] = (built / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"keyconsole"}
    source = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src" / "keyconsole").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert source - names == set()


def test_the_wheel_works_in_an_environment_of_its_own(built: Path) -> None:
    done = run_step(TRY, built)
    if "Could not find a version" in done.stderr:
        pytest.skip("pip finds no package index")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "The wheel works." in done.stdout
    assert not (built / "build" / "smoke").exists()


def test_a_tag_that_does_not_name_the_version_builds_nothing(built: Path) -> None:
    done = run_step("make dist TAG=v999.0", built)
    assert done.returncode != 0
    assert f"v999.0 does not name the version {keyconsole.__version__}" in done.stderr
    assert list((built / "dist").glob("*.whl"))


def test_tests_pass_that_are_run_from_the_source_archive(built: Path, tmp_path: Path) -> None:
    [archive] = (built / "dist").glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path, filter="data")
    [unpacked] = tmp_path.iterdir()
    command = [sys.executable, "-m", "pytest", "-n", "0", "-q", "-p", "no:cacheprovider", *FAST]
    done = run(command, unpacked, PYTHONPATH=str(unpacked / "src"))
    assert done.returncode == 0, done.stdout + done.stderr
