"""What the service is told from outside."""

import ipaddress
import subprocess
import sys
from pathlib import Path

import pytest
from tests.service.processes import ENVIRONMENT

from keyconsole.errors import ConfigurationError
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
        KEYCONSOLE_ROOT_KEY_FILE="/run/secrets/root",
        KEYCONSOLE_ROOT_KEY="22" * 32,
        KEYCONSOLE_TRUSTED_PROXIES="10.0.0.0/8, ::1",
        KEYCONSOLE_LOG_LEVEL="DEBUG",
    )
    assert found.database_path == Path("/srv/k.db")
    assert found.root_key_file == Path("/run/secrets/root")
    assert ipaddress.ip_network("::1/128") in found.trusted_proxies
    assert found.log_level == "debug"
    assert "22" * 32 not in repr(found)
    argued = ServiceSettings.from_environment(
        tmp_path, "sqlite:///x.db", {"KEYCONSOLE_DATABASE_URL": "sqlite:///y.db"}
    )
    assert argued.database_path == Path("x.db")


@pytest.mark.parametrize(
    "environ",
    [
        {"KEYCONSOLE_LOG_LEVEL": "loud"},
        {"KEYCONSOLE_TRUSTED_PROXIES": "everyone"},
        {"KEYCONSOLE_FORWARD_AUTH_PREFLIGHT": "yes"},
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, environ: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        settings(tmp_path, **environ)


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
        "print({'fastapi', 'sqlalchemy', 'uvicorn', 'alembic', 'structlog'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
