"""A low limit of open files is a sentence, not a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.service.processes import ENVIRONMENT


@pytest.mark.parametrize(
    "command",
    [
        ["service", "run", "--port", "0"],
        ["service", "run", "--port", "0", "--workers", "2"],
        ["service", "init", "--workspace", "acme", "--account", "ops@acme.example"],
        ["keys", "list"],
    ],
)
def test_sixteen_open_files_are_not_enough_and_that_is_said(
    command: list[str], tmp_path: Path
) -> None:
    done = subprocess.run(
        ["sh", "-c", 'ulimit -n 16; exec "$@"', "sh", sys.executable, "-m", "keyconsole", *command],
        env=ENVIRONMENT | {"KEYCONSOLE_DATA_DIR": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "may open only 16 files here" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_limit_that_may_be_raised_is_raised() -> None:
    code = (
        "import resource; from keyconsole.service import openfiles; "
        "resource.setrlimit(resource.RLIMIT_NOFILE, (16, 100)); openfiles.require_enough(); "
        "print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "100\n"
