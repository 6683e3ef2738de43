"""Files with a secret in them: kinds, time limits, owners."""

import os
import stat
import threading
from pathlib import Path

import pytest

from keyconsole.cli.settings import effective
from keyconsole.core import credential
from keyconsole.core.credential import Kind
from keyconsole.core.errors import ConfigurationError
from keyconsole.local import paths, privatefile, secrets
from keyconsole.service.settings import ServiceSettings

GROUP = 4242
"""A group that the tests pretend to be in, or not."""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
NOBODY = 65534


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path, 0o600)
    return path


def test_what_is_written_to_a_pipe_is_read_to_its_end(pipe: Path) -> None:
    thread = threading.Thread(target=pipe.write_text, args=("kco_token\n",))
    thread.start()
    assert secrets.read_private(pipe) == "kco_token\n"
    thread.join()


@pytest.mark.parametrize("path", [Path("/"), Path("/dev/null")])
def test_what_is_neither_file_nor_pipe_is_refused(path: Path) -> None:
    with pytest.raises(ConfigurationError):
        secrets.read_private(path)


@as_root
def test_a_file_keeps_its_owner_when_root_writes_it_anew(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("before")
    os.chown(path, NOBODY, NOBODY)
    link = tmp_path / "link"
    link.symlink_to(path)
    paths.write_private(link, "after")
    assert link.is_symlink()
    assert path.read_text() == "after"
    found = path.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (NOBODY, NOBODY, 0o600)


def test_a_token_file_of_another_account_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "token"
    path.touch(0o600)
    path.write_text("kco_token")
    if os.geteuid() == 0:
        os.chown(path, 1000, 1000)
        monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(ConfigurationError, match="belongs to another account"):
        secrets.read_private(path)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("kco_token\n")
    return path


def read_with(path: Path, mode: int, *, groups: list[int], setting: str) -> str:
    path.chmod(mode)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "getegid", lambda: 1)
        patch.setattr(os, "getgroups", lambda: groups)
        return secrets.read_private(path, {privatefile.GROUP_READABLE: setting})


@pytest.mark.parametrize("mode", [0o400, 0o600])
def test_a_file_of_its_owner_alone_is_read_whatever_is_set(secret: Path, mode: int) -> None:
    for setting in ("", "yes", "no"):
        assert read_with(secret, mode, groups=[], setting=setting) == "kco_token\n"


@pytest.mark.parametrize("mode", [0o440, 0o640])
def test_a_group_may_read_a_file_only_where_it_is_set_and_the_group_is_ours(
    secret: Path, mode: int
) -> None:
    group = secret.stat().st_gid
    assert read_with(secret, mode, groups=[group], setting="yes") == "kco_token\n"
    for setting in ("", "no"):
        with pytest.raises(ConfigurationError, match=f"set {privatefile.GROUP_READABLE}=yes"):
            read_with(secret, mode, groups=[group], setting=setting)
    with pytest.raises(ConfigurationError, match="which this process does not belong to"):
        read_with(secret, mode, groups=[GROUP], setting="yes")


@pytest.mark.parametrize("mode", [0o444, 0o404, 0o604, 0o644, 0o660, 0o620, 0o602, 0o777])
def test_what_everybody_reads_or_a_group_writes_is_never_accepted(secret: Path, mode: int) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_with(secret, mode, groups=[secret.stat().st_gid], setting="yes")
    assert "mount it with mode 0440" in caught.value.message
    assert f"chmod 600 {secret}" in caught.value.message


@pytest.mark.parametrize("setting", ["1", "true", "on", "group"])
def test_the_setting_is_yes_or_no(secret: Path, setting: str) -> None:
    with pytest.raises(ConfigurationError, match="is yes or no"):
        read_with(secret, 0o600, groups=[], setting=setting)


VALUE = "postgresql://keyconsole:hunter2@db/keyconsole"


def variable(path: Path | str, **others: str) -> str | None:
    return privatefile.secret_variable("SECRET", {"SECRET_FILE": str(path), **others})


@pytest.mark.parametrize("content", [VALUE, f"{VALUE}\n", f"{VALUE}\r\n", f"\ufeff{VALUE}\n\n"])
def test_a_variable_may_be_in_a_file(tmp_path: Path, content: str) -> None:
    path = tmp_path / "url"
    path.touch(0o600)
    path.write_text(content)
    assert variable(path) == VALUE
    assert variable(f" {path} ", SECRET="") == VALUE
    assert privatefile.secret_variable("SECRET", {"SECRET": VALUE, "SECRET_FILE": ""}) == VALUE
    assert privatefile.secret_variable("SECRET", {}) is None


def test_a_secret_is_read_through_the_links_of_a_mounted_volume(tmp_path: Path) -> None:
    # As Kubernetes mounts a Secret: name -> ..data/name, ..data -> ..2026_01_01.
    version = tmp_path / "..2026_01_01"
    version.mkdir()
    (version / "url").touch(0o600)
    (version / "url").write_text(VALUE)
    (tmp_path / "..data").symlink_to(version.name)
    (tmp_path / "url").symlink_to("..data/url")
    assert variable(tmp_path / "url") == VALUE


def test_a_variable_may_come_from_a_pipe(pipe: Path) -> None:
    thread = threading.Thread(target=pipe.write_text, args=(f"{VALUE}\n",))
    thread.start()
    assert variable(pipe) == VALUE
    thread.join()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read: no such file or directory"),
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"one\ntwo\n", "has more than one line"),
        (b"\xff\xfe", "is not text"),
    ],
)
def test_a_file_without_a_usable_value_is_named_with_its_variable(
    tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    path = tmp_path / "url"
    if content is not None:
        path.touch(0o600)
        path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        variable(path)
    assert caught.value.message.startswith(f"SECRET_FILE: {path} {sentence}")


SECRETS = (
    "1f" * 32,
    f"rk_0123456789 {'1F' * 32}",
    VALUE,
    "host=db password=hunter2",
    credential.mint(Kind.OPERATOR_TOKEN).text,
)


@pytest.mark.parametrize(
    "value", SECRETS, ids=("root key", "named root key", "URL", "words", "token")
)
def test_a_secret_in_the_place_of_a_path_is_refused_and_not_repeated(
    tmp_path: Path, value: str
) -> None:
    for name in ("KEYCONSOLE_DATABASE_URL", "KEYCONSOLE_ROOT_KEY"):
        environ = {f"{name}_FILE": value}
        with pytest.raises(ConfigurationError) as caught:
            ServiceSettings.from_environment(tmp_path, environ=environ)
        assert caught.value.message.startswith(f"{name}_FILE is the path of a file")
        told = str(effective({"HOME": str(tmp_path), **environ}))
        assert value[-20:] not in caught.value.message + told
    path = tmp_path / ("1f" * 32) / "url"
    assert privatefile.named_file("SECRET_FILE", {"SECRET_FILE": str(path)}) == path


def test_a_directory_is_named_with_its_variable(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"SECRET_FILE: .* is neither a file nor a pipe"):
        variable(tmp_path)


def test_a_variable_and_its_file_are_not_both_set(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        variable(tmp_path, SECRET=VALUE)
    assert caught.value.message == "SECRET and SECRET_FILE are both set: unset one of them."
