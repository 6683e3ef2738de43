"""Where things live, and for whom."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from keyconsole.core.errors import ConfigurationError
from keyconsole.local import paths


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_directories_are_those_of_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for kind in ("DATA", "CONFIG", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))

    assert paths.data_dir({}) == tmp_path / "DATA" / "keyconsole"
    assert paths.config_file({}) == tmp_path / "CONFIG" / "keyconsole" / "config.toml"
    assert paths.state_dir() == tmp_path / "STATE" / "keyconsole"
    assert paths.cache_dir() == tmp_path / "CACHE" / "keyconsole"


def test_variables_come_first(tmp_path: Path) -> None:
    environ = {
        "KEYCONSOLE_DATA_DIR": str(tmp_path / "data"),
        "KEYCONSOLE_CONFIG": str(tmp_path / "x.toml"),
    }

    assert paths.data_dir(environ) == tmp_path / "data"
    assert paths.config_file(environ) == tmp_path / "x.toml"


def test_a_relative_path_in_a_directory_that_was_removed_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()

    with pytest.raises(ConfigurationError, match="KEYCONSOLE_CONFIG is not a whole path"):
        paths.config_file({"KEYCONSOLE_CONFIG": "x.toml"})


def test_the_home_of_an_account_that_shall_have_none_is_no_home(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for kind in ("DATA", "CONFIG", "STATE", "CACHE"):
        monkeypatch.delenv(f"XDG_{kind}_HOME", raising=False)
    monkeypatch.setenv("HOME", "/nonexistent")
    assert paths.shown(paths.config_file({})) == "nowhere: set KEYCONSOLE_CONFIG, or HOME"
    with pytest.raises(ConfigurationError, match="has no home directory: set KEYCONSOLE_CONFIG"):
        paths.write_private(paths.config_file({}), "")
    named = paths.config_file({"KEYCONSOLE_CONFIG": "/nonexistent/config.toml"})
    assert paths.shown(named) == "/nonexistent/config.toml"


def test_an_empty_variable_is_none() -> None:
    assert paths.data_dir({"KEYCONSOLE_DATA_DIR": ""}) == paths.data_dir({})
    assert paths.data_dir({"KEYCONSOLE_DATA_DIR": " "}) == paths.data_dir({})


def test_blanks_around_a_path_are_dropped(tmp_path: Path) -> None:
    assert paths.data_dir({"KEYCONSOLE_DATA_DIR": f" {tmp_path}\n"}) == tmp_path


def test_a_relative_or_home_path_becomes_absolute() -> None:
    assert paths.data_dir({"KEYCONSOLE_DATA_DIR": "data"}) == Path.cwd() / "data"
    assert paths.data_dir({"KEYCONSOLE_DATA_DIR": "~/data"}) == Path("~/data").expanduser()


def test_naming_a_path_touches_no_disk(tmp_path: Path) -> None:
    paths.data_dir({"KEYCONSOLE_DATA_DIR": str(tmp_path / "data")})

    assert not (tmp_path / "data").exists()


def test_paths_are_named_even_without_a_home(tmp_path: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if name != "HOME"}
    code = "from keyconsole.local import paths; print(paths.data_dir({}), paths.config_file({}))"

    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr


def test_a_private_directory_and_its_missing_parents_are_the_owner_s_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    directory = tmp_path / "a" / "b"

    assert paths.make_private(directory) == directory

    assert mode(directory) == mode(directory.parent) == 0o700
    assert mode(tmp_path) == 0o755


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can write for another account")
def test_a_directory_that_root_makes_belongs_to_the_owner_of_the_one_above(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)

    paths.make_private(tmp_path / "a" / "b")

    assert {(tmp_path / "a" / "b").stat().st_uid, (tmp_path / "a").stat().st_gid} == {65534}


def test_a_directory_that_exists_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)

    paths.make_private(tmp_path)

    assert mode(tmp_path) == 0o750


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigurationError, match=r"file/data cannot be made: "):
        paths.make_private(tmp_path / "file" / "data")


def test_a_private_file_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"
    paths.write_private(path, "a")
    path.chmod(0o644)

    paths.write_private(path, "b")

    assert path.read_text() == "b"
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "dotfiles.toml", tmp_path / "config.toml"
    target.write_text("a")
    link.symlink_to(target)

    paths.write_private(link, "b")

    assert link.is_symlink()
    assert target.read_text() == "b"


def test_a_file_that_cannot_be_written_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()

    with pytest.raises(ConfigurationError, match=r"config\.toml cannot be written: "):
        paths.write_private(tmp_path / "config.toml", "x")

    assert [each.name for each in tmp_path.iterdir()] == ["config.toml"]
