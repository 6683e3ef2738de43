"""What the shell is told to ask, and what it gets for an answer."""

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.cli.conftest import Run
from tests.cli.support import COMMAND, environment


def completed(home: Path, *words: str) -> list[str]:
    """What bash would be offered for the last word."""
    done = subprocess.run(
        COMMAND,
        env=environment(
            home,
            _KEYCONSOLE_COMPLETE="bash_complete",
            COMP_WORDS=" ".join(["keyconsole", *words]),
            COMP_CWORD=str(len(words)),
            KEYCONSOLE_CONFIG=str(home / "config.toml"),
        ),
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.stderr == ""
    return [line.split(",", 1)[1] for line in done.stdout.splitlines()]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_a_script_that_it_can_read(shell: str, run: Run) -> None:
    done = run("completion", shell)

    assert (done.code, done.err) == (0, "")
    assert "_KEYCONSOLE_COMPLETE" in done.out
    if (program := shutil.which(shell)) is not None:
        subprocess.run([program, "-n"], input=done.out, text=True, check=True)


def test_another_shell_is_a_wrong_use(run: Run) -> None:
    assert run("completion", "tcsh").code == 2


def test_without_a_shell_the_choices_stand_in_one_line(run: Run) -> None:
    done = run("completion")

    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines()[0] == (
        "keyconsole: Missing argument 'SHELL'. Choose from: bash, fish, zsh"
    )


def test_commands_options_and_choices_are_completed(tmp_path: Path) -> None:
    assert completed(tmp_path, "ke") == ["keys"]
    assert {"list", "show", "create", "rename", "revoke", "identify"} == set(
        completed(tmp_path, "keys", "")
    )
    assert "--incident" in completed(tmp_path, "keys", "revoke", "--")
    assert completed(tmp_path, "keys", "revoke", "--reason", "key") == ["key_compromise"]
    assert completed(tmp_path, "keys", "revoke", "--reason", "lea") == ["leaked"]
    assert {"owner-left", "affiliation_changed"} <= set(
        completed(tmp_path, "keys", "revoke", "--reason", "")
    )
    assert completed(tmp_path, "profiles", "default", "") == ["local"]


def test_profiles_are_completed_even_from_a_file_with_a_typo(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[profiles.prod]\nurl = 'https://a'\nnope = 1\n")

    assert completed(tmp_path, "--profile", "") == ["local", "prod"]
    (tmp_path / "config.toml").write_text("[profiles")
    assert completed(tmp_path, "keys", "list", "--profile", "") == ["local"]
