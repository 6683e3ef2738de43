"""What the shell is told to ask, and what it gets for an answer."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from tests.cli.conftest import Run
from tests.cli.support import COMMAND, environment

from keyconsole.cli.suggest import suggest_profiles


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
    assert {"list", "show", "create", "rename", "revoke", "identify"} <= set(
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


BASH = """
eval "$(keyconsole completion bash)"
complete -p keyconsole | grep -q -- '-F _keyconsole_completion' || exit 9
COMP_WORDS=(keyconsole %s) COMP_CWORD=%d
_keyconsole_completion keyconsole
printf '%%s\\n' "${COMPREPLY[@]}"
"""
FISH = """
keyconsole completion fish | source
complete --do-complete 'keyconsole %s' | string split -f1 \\t
true
"""
# zsh completes in its line editor only: stand in for what takes the offers there.
ZSH = """
compdef() { [[ $1 == _keyconsole_completion ]] || exit 9 }
_describe() { local -a offers; offers=(${(P)3}); print -l -- ${offers%%%%:*} }
compadd() { shift $(($# - 1)); print -l -- ${(P)1} }
eval "$(keyconsole completion zsh)"
words=(keyconsole %s) CURRENT=%d
_keyconsole_completion
"""


def offered_by(shell: str, home: Path, *words: str) -> list[str]:
    """What a shell itself would offer for the last word, with the script that it was told."""
    line = " ".join(words)
    script = {
        "bash": lambda: BASH % (line or "''", len(words)),
        "zsh": lambda: ZSH % (line or "''", len(words) + 1),
        "fish": lambda: FISH % line,
    }[shell]()
    done = subprocess.run(
        [shell, *(["--norc"] if shell == "bash" else ["-f"] if shell == "zsh" else ["-N"])],
        input=script,
        env=environment(
            home,
            PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            KEYCONSOLE_CONFIG=str(home / "config.toml"),
        ),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [line for line in done.stdout.splitlines() if line]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_itself_offers_commands_choices_and_profiles(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "config.toml").write_text("[profiles.prod]\nurl = 'https://a'\n")

    assert offered_by(shell, tmp_path, "ke") == ["keys"]
    assert offered_by(shell, tmp_path, "keys", "ren") == ["rename"]
    assert "--incident" in offered_by(shell, tmp_path, "keys", "revoke", "--inc")
    assert offered_by(shell, tmp_path, "keys", "revoke", "--reason", "lea") == ["leaked"]
    assert offered_by(shell, tmp_path, "keys", "list", "--profile", "pr") == ["prod"]


def test_a_place_without_a_configuration_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEYCONSOLE_CONFIG", "~nobody-of-this-name/config.toml")
    context = click.Context(click.Command("keyconsole"))

    found = suggest_profiles(context, click.Option(["--profile"]), "lo")

    assert [each.value for each in found] == ["local"]
