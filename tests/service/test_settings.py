"""What the service is told from outside."""

import ipaddress
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.service.processes import ENVIRONMENT

from keyconsole.core.errors import ConfigurationError
from keyconsole.service import rootkeys
from keyconsole.service.settings import ServiceSettings


def settings(data_dir: Path, **environ: str) -> ServiceSettings:
    return ServiceSettings.from_environment(data_dir, environ=environ)


def test_everything_has_a_default(tmp_path: Path) -> None:
    found = settings(tmp_path)
    assert found.database_path == tmp_path / "keyconsole.db"
    assert found.root_key_file == tmp_path / "root-keys"
    assert found.trusted_proxies == ()
    assert found.log_level == "info"


def test_the_environment_is_read_and_an_argument_wins(tmp_path: Path) -> None:
    found = settings(
        tmp_path,
        KEYCONSOLE_DATABASE_URL="sqlite:////srv/k.db",
        KEYCONSOLE_ROOT_KEY="22" * 32,
        KEYCONSOLE_TRUSTED_PROXIES="10.0.0.0/8, ::1, ::ffff:192.0.2.0/120",
        KEYCONSOLE_LOG_LEVEL="DEBUG",
    )
    assert found.database_path == Path("/srv/k.db")
    assert found.root_key == "22" * 32
    assert found.trusted_proxies == tuple(
        ipaddress.ip_network(each) for each in ("10.0.0.0/8", "::1/128", "192.0.2.0/24")
    )
    assert found.log_level == "debug"
    assert "22" * 32 not in repr(found)
    argued = ServiceSettings.from_environment(
        tmp_path, "sqlite:///x.db", {"KEYCONSOLE_DATABASE_URL": "sqlite:///y.db"}
    )
    assert argued.database_path == Path("x.db")


@pytest.mark.parametrize("blank", ["", " ", "\t"])
def test_blanks_around_a_value_are_dropped_and_an_empty_one_is_unset(
    blank: str, tmp_path: Path
) -> None:
    def given(**values: str) -> ServiceSettings:
        return settings(tmp_path, **{f"KEYCONSOLE_{name}": text for name, text in values.items()})

    names = (
        "DATABASE_URL", "ROOT_KEY", "ROOT_KEY_FILE", "GROUP_READABLE", "TRUSTED_PROXIES",
        "RATE_LIMITS", "FORWARD_AUTH_PREFLIGHT", "LOG_LEVEL", "PUBLIC_URL", "AUDIT_CHECKPOINTS",
        "AUDIT_CHECKPOINT_EVENTS", "AUDIT_CHECKPOINT_SECONDS",
    )  # fmt: skip
    assert given(**dict.fromkeys(names, blank)) == settings(tmp_path)
    found = given(
        RATE_LIMITS=f"{blank}off{blank}",
        LOG_LEVEL=f"{blank}debug{blank}",
        PUBLIC_URL=f"{blank}https://keys.example.com{blank}",
    )
    assert (found.rate_limits, found.log_level) == (False, "debug")
    assert found.public_url == "https://keys.example.com"


@pytest.mark.parametrize(
    "environ",
    [
        {"KEYCONSOLE_LOG_LEVEL": "loud"},
        {"KEYCONSOLE_TRUSTED_PROXIES": "everyone"},
        {"KEYCONSOLE_FORWARD_AUTH_PREFLIGHT": "yes"},
        {"KEYCONSOLE_GROUP_READABLE": "true"},
        {"KEYCONSOLE_ROOT_KEY": "22" * 32, "KEYCONSOLE_ROOT_KEY_FILE": "/run/secrets/root"},
        {"KEYCONSOLE_DATABASE_URL": "sqlite:///x", "KEYCONSOLE_DATABASE_URL_FILE": "/run/url"},
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, environ: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        settings(tmp_path, **environ)


def test_the_database_url_may_be_in_a_file_and_an_argument_wins(tmp_path: Path) -> None:
    path = tmp_path / "url"
    path.touch(0o600)
    path.write_text("postgresql://keyconsole:hunter2@db/keyconsole\n")
    environ = {"KEYCONSOLE_DATABASE_URL_FILE": str(path)}
    found = settings(tmp_path, **environ)
    assert found.database_url == "postgresql://keyconsole:hunter2@db/keyconsole"
    path.unlink()
    argued = ServiceSettings.from_environment(tmp_path, "sqlite:///x.db", environ)
    assert argued.database_path == Path("x.db")


@pytest.mark.parametrize(
    ("secret", "value"),
    [("KEYCONSOLE_ROOT_KEY", "22" * 32), ("KEYCONSOLE_ROOT_KEY_FILE", "root-keys")],
)
def test_a_worker_gets_the_settings_of_its_parent(tmp_path: Path, secret: str, value: str) -> None:
    url = tmp_path / "url"
    url.touch(0o600)
    url.write_text("postgresql://keyconsole:hunter2@db/keyconsole")
    told = {
        "KEYCONSOLE_DATABASE_URL_FILE": str(url),
        secret: value,
        "KEYCONSOLE_GROUP_READABLE": "yes",
        "KEYCONSOLE_TRUSTED_PROXIES": "10.0.0.0/8,::1",
        "KEYCONSOLE_RATE_LIMITS": "off",
        "KEYCONSOLE_LOG_LEVEL": "warning",
        "KEYCONSOLE_FORWARD_AUTH_PREFLIGHT": "on",
        "KEYCONSOLE_PUBLIC_URL": "https://keys.example.com/api",
    }
    parent = settings(tmp_path, **told)
    url.unlink()
    assert settings(tmp_path, **told | parent.to_environment()) == parent


@pytest.mark.parametrize(
    "text",
    ["{0}\n{1}\n", "{0},{1}", "rk_id {0}\n{1}\n", "{0}\r\n{1}\r\n", "\ufeffrk_id {0}\n\n{1}"],
)
def test_a_root_key_file_may_hold_the_keys_alone(tmp_path: Path, text: str) -> None:
    one, other = "22" * 32, "33" * 32
    path = tmp_path / "root-keys"
    path.touch(0o600)
    path.write_text(text.format(one, other).replace("rk_id", rootkeys.root_id(bytes.fromhex(one))))
    roots = rootkeys.load(settings(tmp_path))
    assert roots is not None
    assert [each.id for each in roots] == [
        rootkeys.root_id(bytes.fromhex(each)) for each in (one, other)
    ]


def test_a_root_key_file_that_a_group_reads_needs_the_setting(tmp_path: Path) -> None:
    path = tmp_path / "root-keys"
    path.write_text("22" * 32)
    path.chmod(0o440)
    with pytest.raises(ConfigurationError, match="KEYCONSOLE_GROUP_READABLE=yes"):
        rootkeys.load(settings(tmp_path))
    assert rootkeys.load(settings(tmp_path, KEYCONSOLE_GROUP_READABLE="yes")) is not None


def test_root_keys_from_a_pipe_are_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "root-keys"
    os.mkfifo(path, 0o600)
    writer = threading.Thread(target=path.write_text, args=("22" * 32,))
    writer.start()
    roots = rootkeys.load(settings(tmp_path))
    writer.join()
    assert roots is not None
    assert "rk_0000000000" not in roots  # would wait for a writer


@pytest.mark.parametrize("value", ["xyz", "22" * 31, "22" * 32 + ",33"])
def test_a_root_key_of_another_shape_is_refused_without_repeating_it(
    tmp_path: Path, value: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        rootkeys.load(settings(tmp_path, KEYCONSOLE_ROOT_KEY=value))
    assert value not in caught.value.message


def test_the_last_root_key_signs_and_none_of_its_keys_is_another(tmp_path: Path) -> None:
    roots = rootkeys.load(settings(tmp_path, KEYCONSOLE_ROOT_KEY="22" * 32 + "," + "33" * 32))
    assert roots is not None
    assert roots.newest.id == rootkeys.root_id(bytes.fromhex("33" * 32))
    derived = {
        key
        for root in roots
        for key in (root.verify_key, root.mint_key, root.audit_key, root.cursor_key)
    }
    assert len(derived) == 8
    assert "33" not in repr(roots.newest).replace(roots.newest.id, "")


def test_the_package_and_its_settings_load_no_framework() -> None:
    code = (
        "import sys, keyconsole.service, keyconsole.service.settings\n"
        "print({'fastapi', 'sqlalchemy', 'uvicorn', 'alembic'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def test_a_root_key_file_that_cannot_be_used_is_told_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "root-keys"
    path.mkdir()
    for said in ("is neither a file nor a pipe", "cannot be read: ", "is not text in UTF-8"):
        with pytest.raises(ConfigurationError, match=f"The root key file {path} {said}"):
            rootkeys.load(settings(tmp_path))
        if path.is_dir():
            path.rmdir()
            path.symlink_to(path)  # to itself
        else:
            path.unlink()
            path.touch(0o600)
            path.write_bytes(b"\xff")
