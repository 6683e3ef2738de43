"""Commands of an account without a home: `HOME` is not set, and `/etc/passwd` does not list it.

Containers run as such an account. Here the look-up of the account fails in each process, since only
root could become another one.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from keyconsole.core.credential import Kind, mint
from keyconsole.core.errors import ConfigurationError
from keyconsole.local import paths

TOKEN = mint(Kind.OPERATOR_TOKEN).text
CODE = """
import pwd

def unknown(*_):
    raise KeyError

pwd.getpwuid = pwd.getpwnam = unknown
from keyconsole.__main__ import main
main()
"""


def keyconsole(
    directory: Path, *arguments: str, stdin: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", CODE, *arguments],
        cwd=directory,
        env=kept | variables,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.fixture
def nowhere(tmp_path: Path) -> Path:
    """A working directory, in which nothing is to be made."""
    made = tmp_path / "cwd"
    made.mkdir()
    return made


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    import pwd

    def unknown(*_: object) -> None:
        raise KeyError

    for name in ("HOME", *(f"XDG_{kind}_HOME" for kind in ("DATA", "CONFIG", "STATE", "CACHE"))):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("KEYCONSOLE_DATA_DIR", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.setattr(pwd, "getpwnam", unknown)


def test_what_is_not_set_is_named_by_info(nowhere: Path) -> None:
    done = keyconsole(nowhere, "info", "--json")
    assert done.returncode == 0, done.stderr
    found = {name: each["path"] for name, each in json.loads(done.stdout)["paths"].items()}
    assert found == {
        "config": "nowhere: set KEYCONSOLE_CONFIG, or HOME",
        "data": "nowhere: set KEYCONSOLE_DATA_DIR, or HOME",
        "state": "nowhere: set XDG_STATE_HOME or KEYCONSOLE_DATA_DIR, or HOME",
        "cache": "nowhere: set XDG_CACHE_HOME, or HOME",
    }
    assert "/nonexistent" not in done.stdout


def test_without_a_data_directory_a_sentence_names_the_variable(nowhere: Path) -> None:
    done = keyconsole(nowhere, "keys", "list")
    assert done.returncode == 1
    assert done.stderr == (
        "keyconsole: This account has no home directory: set KEYCONSOLE_DATA_DIR, or HOME.\n"
    )
    assert list(nowhere.iterdir()) == []


def test_with_a_data_directory_the_embedded_service_runs(tmp_path: Path, nowhere: Path) -> None:
    done = keyconsole(nowhere, "keys", "list", KEYCONSOLE_DATA_DIR=str(tmp_path / "data"))
    assert (done.returncode, done.stderr) == (0, "There is no key.\n")
    assert list(nowhere.iterdir()) == []


START = "keyconsole service run --port 1 starts a service there."


def test_a_service_elsewhere_needs_neither_paths_nor_a_home(nowhere: Path) -> None:
    done = keyconsole(
        nowhere, "keys", "list", KEYCONSOLE_URL="http://127.0.0.1:1", KEYCONSOLE_TOKEN=TOKEN
    )
    assert done.stderr == f"keyconsole: 127.0.0.1:1 refused the connection. {START}\n"
    assert list(nowhere.iterdir()) == []


def test_login_reaches_the_service(nowhere: Path) -> None:
    done = keyconsole(nowhere, "login", "http://127.0.0.1:1", stdin=TOKEN)
    assert done.stderr == f"keyconsole: 127.0.0.1:1 refused the connection. {START}\n"


UNSHARE = shutil.which("unshare")
READ_ONLY = """
mount --make-rprivate / && mount --bind "$1" "$1" && mount -o remount,ro,bind / || exit 77
shift
exec "$@"
"""


@pytest.mark.skipif(UNSHARE is None or os.geteuid() != 0, reason="needs root, to mount a root")
def test_a_root_that_is_read_only_is_enough_where_the_data_directory_is_not(
    tmp_path: Path, nowhere: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir(0o700)
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    for arguments in (
        ("service", "init", "--workspace", "acme", "--account", "ops@acme.example"),
        ("service", "check"),
    ):
        done = subprocess.run(
            [str(UNSHARE), "--mount", "sh", "-c", READ_ONLY, "sh", str(data), sys.executable, "-c",
             CODE, *arguments],
            cwd=nowhere,
            env=kept | {"KEYCONSOLE_DATA_DIR": str(data)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )  # fmt: skip
        if done.returncode == 77:
            pytest.skip("no file system may be mounted here")
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.usefixtures("homeless")
def test_what_login_writes_needs_a_place_and_says_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigurationError, match="set KEYCONSOLE_CONFIG, or HOME"):
        paths.write_private(paths.config_file({}), "")
    with pytest.raises(ConfigurationError, match="set XDG_STATE_HOME or KEYCONSOLE_DATA_DIR, or"):
        paths.write_private(paths.token_file("prod"), "")
    monkeypatch.setenv("KEYCONSOLE_DATA_DIR", str(tmp_path))
    paths.write_private(paths.token_file("prod"), "token")
    assert (tmp_path / "state" / "tokens" / "prod").read_text() == "token"


@pytest.mark.usefixtures("homeless")
def test_a_tilde_that_stands_for_nothing_is_no_directory_of_that_name() -> None:
    with pytest.raises(ConfigurationError, match="KEYCONSOLE_DATA_DIR begins with ~"):
        paths.data_dir({"KEYCONSOLE_DATA_DIR": "~/data"})


def test_a_home_that_cannot_be_written_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.touch()
    monkeypatch.setenv("HOME", str(home))
    for kind in ("CONFIG", "STATE"):
        monkeypatch.delenv(f"XDG_{kind}_HOME", raising=False)
    with pytest.raises(ConfigurationError, match="KEYCONSOLE_CONFIG names another place"):
        paths.write_private(paths.config_file({}), "")
    with pytest.raises(ConfigurationError, match="XDG_STATE_HOME or KEYCONSOLE_DATA_DIR names"):
        paths.write_private(paths.token_file("prod"), "")
