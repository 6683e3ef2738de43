"""Files that only their owner can read."""

import errno
import os
import pwd
from pathlib import Path

import pytest

from keyconsole.console import files
from keyconsole.core import credential
from keyconsole.core.credential import Kind
from keyconsole.core.errors import KeyconsoleError

VALUE = "kcs_7k2m4q9x0a1b2c3d_secret"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_new_file_is_whole_and_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        files.write_new(tmp_path / "key", f"{VALUE}\n")
    finally:
        os.umask(before)

    assert (tmp_path / "key").read_text() == f"{VALUE}\n"
    assert mode(tmp_path / "key") == 0o600


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("before")

    with pytest.raises(KeyconsoleError, match=r"there already; nothing was written"):
        files.write_new(path, VALUE)

    assert path.read_text() == "before"


@pytest.mark.parametrize("target", ["nowhere", "elsewhere"])
def test_a_link_is_not_followed(tmp_path: Path, target: str) -> None:
    (tmp_path / "elsewhere").write_text("before")
    (tmp_path / "key").symlink_to(tmp_path / target)

    with pytest.raises(KeyconsoleError):
        files.write_new(tmp_path / "key", VALUE)

    assert (tmp_path / "elsewhere").read_text() == "before"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("name", ["missing/key", "."])
def test_a_place_where_nothing_can_be_written_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyconsoleError) as caught:
        files.write_new(tmp_path / name, VALUE)

    assert VALUE not in caught.value.message


def test_a_disk_that_is_full_leaves_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(KeyconsoleError, match=r"no space left"):
        files.write_new(tmp_path / "key", VALUE)

    assert not (tmp_path / "key").exists()


def test_a_dotenv_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    files.append_variable(tmp_path / ".env", "API_KEY", VALUE)

    assert (tmp_path / ".env").read_text() == f"API_KEY={VALUE}\n"
    assert mode(tmp_path / ".env") == 0o600


@pytest.mark.parametrize("before", ["OTHER=1\n", "OTHER=1", "API_KEY_2=1\n# API_KEY=old\n"])
def test_what_a_dotenv_file_holds_is_kept(tmp_path: Path, before: str) -> None:
    path = tmp_path / ".env"
    path.write_text(before)
    path.chmod(0o600)

    files.append_variable(path, "API_KEY", VALUE)

    assert path.read_text() == f"{before.rstrip()}\nAPI_KEY={VALUE}\n"


@pytest.mark.parametrize("before", ["API_KEY=old\n", "  API_KEY=old\n", "export API_KEY=old\n"])
def test_a_name_that_a_dotenv_file_has_already_is_refused(tmp_path: Path, before: str) -> None:
    path = tmp_path / ".env"
    path.write_text(before)
    path.chmod(0o600)

    with pytest.raises(KeyconsoleError, match=r"API_KEY already; nothing was written"):
        files.append_variable(path, "API_KEY", VALUE)

    assert path.read_text() == before


@pytest.mark.parametrize("others", [0o640, 0o604, 0o620, 0o660])
def test_a_dotenv_file_that_others_can_read_is_refused(tmp_path: Path, others: int) -> None:
    path = tmp_path / ".env"
    path.write_text("OTHER=1\n")
    path.chmod(others)

    with pytest.raises(KeyconsoleError, match=r"chmod 600"):
        files.append_variable(path, "API_KEY", VALUE)

    assert path.read_text() == "OTHER=1\n"


def test_a_dotenv_file_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / "elsewhere").chmod(0o600)
    (tmp_path / ".env").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(KeyconsoleError):
        files.append_variable(tmp_path / ".env", "API_KEY", VALUE)

    assert (tmp_path / "elsewhere").read_text() == ""


def test_a_pipe_is_not_a_file_and_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".env", 0o600)

    with pytest.raises(KeyconsoleError, match=r"not a file"):
        files.append_variable(tmp_path / ".env", "API_KEY", VALUE)


@pytest.mark.parametrize(
    ("name", "is_one"),
    [(".env", True), ("prod.env", True), (".env.local", True), ("env", False), ("a.key", False)],
)
def test_a_dotenv_file_is_known_by_its_name(name: str, is_one: bool) -> None:
    assert files.is_dotenv(Path(name)) is is_one


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("api-gateway-prod", "API_GATEWAY_PROD"),
        ("cron worker / staging", "CRON_WORKER_STAGING"),
        ("2nd-key", "API_KEY_2ND_KEY"),
        ("日本", "API_KEY"),
        ("--", "API_KEY"),
    ],
)
def test_a_label_suggests_a_variable(label: str, name: str) -> None:
    assert files.variable_name(label) == name


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("api-gateway-prod", "api-gateway-prod"),
        ("../../etc/passwd", "etc-passwd"),
        ("a b/c", "a-b-c"),
        ("日本", "api-key"),
        ("-rf", "rf"),
    ],
)
def test_a_label_suggests_a_file_name_that_stays_where_it_is_put(label: str, name: str) -> None:
    assert files.file_name(label) == name


@pytest.mark.parametrize("value", ["", " ", "0 ", "false"])
def test_a_bastion_is_not_made_by_a_blank(value: str, tmp_path: Path) -> None:
    files.check_place(tmp_path / ".ssh" / "x", {files.CONFINED: value, "HOME": "/nonexistent"})


@pytest.fixture
def confined(surroundings: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(files.CONFINED, "1")
    (surroundings / "link").symlink_to(surroundings.parent)
    (surroundings / ".ssh").mkdir()
    return surroundings


@pytest.mark.parametrize(
    "name", ["../x.key", "link/x.key", ".ssh/x", ".profile", ".config/x.env", "a/../../x.env"]
)
def test_confined_nothing_is_written_outside_the_home_or_into_hidden_places(
    name: str, confined: Path
) -> None:
    with pytest.raises(KeyconsoleError, match="Here "):
        files.write_new(confined / name, "x")
    with pytest.raises(KeyconsoleError, match="Here "):
        files.append_variable(confined / name, "NAME", "x")


@pytest.mark.parametrize("name", ["x.key", ".env", ".env.local", "link.key"])
def test_confined_the_home_is_still_there(name: str, confined: Path) -> None:
    files.write_new(confined / name, "x")

    assert (confined / name).read_text() == "x"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("~/a\x1b]52;c;aGk=\x07.key", "cannot contain <U\\+001B>"),
        ("~/a\0.key", "cannot contain <U\\+0000>"),
        ("~/gpj\u202eyek.key", "cannot contain <U\\+202E>"),
        (f"~/{credential.mint(Kind.API_KEY).text}", "cannot contain a key or a token"),
        ("~nobody-of-that-name/a.key", "no such home directory"),
    ],
)
def test_a_path_that_acts_hides_or_tells_too_much_is_none(typed: str, sentence: str) -> None:
    with pytest.raises(KeyconsoleError, match=sentence):
        files.place(typed)


def test_a_path_is_taken_as_a_person_writes_it(surroundings: Path) -> None:
    assert files.place(" ~/a b.key ") == surroundings / "a b.key"
    assert files.place("/tmp/größe.key") == Path("/tmp/größe.key")


def test_without_a_home_a_name_is_still_offered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(_: int) -> None:
        raise KeyError

    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    monkeypatch.chdir(tmp_path)

    assert files.free_name("api-gateway-prod") == "~/api-gateway-prod.key"
    assert files.short(tmp_path / "x") == str(tmp_path / "x")
    files.write_new(files.at_home("receipt.json"), "{}")
    assert (tmp_path / "receipt.json").read_text() == "{}"


def test_a_disk_that_is_full_leaves_no_half_of_a_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / ".env").write_text("A=1\n")
    (tmp_path / ".env").chmod(0o600)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyconsoleError, match="no space left"):
        files.append_variable(tmp_path / ".env", "NAME", "secret")
    with pytest.raises(KeyconsoleError, match="no space left"):
        files.write_new(tmp_path / "new.key", "secret")
    with pytest.raises(KeyconsoleError, match="no space left"):
        files.append_variable(tmp_path / "new.env", "NAME", "secret")

    assert (tmp_path / ".env").read_text() == "A=1\n"
    assert not (tmp_path / "new.env").exists()
    assert not (tmp_path / "new.key").exists()
