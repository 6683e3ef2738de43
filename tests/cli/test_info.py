"""What there is, where it is, and who said so."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.cli.support import environment, keyconsole

from keyconsole import __version__
from keyconsole.cli.settings import effective


def test_a_person_reads_sections(tmp_path: Path) -> None:
    done = keyconsole(tmp_path, "info")

    assert (done.returncode, done.stderr) == (0, "")
    assert f"  keyconsole  {__version__}\n" in done.stdout
    assert str(tmp_path / ".local" / "share" / "keyconsole") in done.stdout
    assert not any(line.endswith(" ") for line in done.stdout.splitlines())


def test_a_program_reads_one_document(tmp_path: Path) -> None:
    done = keyconsole(tmp_path, "info", "--json", KEYCONSOLE_DATA_DIR=str(tmp_path))

    document = json.loads(done.stdout)
    assert document["versions"]["keyconsole"] == __version__
    assert document["paths"]["data"] == {"path": str(tmp_path), "exists": True}
    settings = {setting["name"]: setting for setting in document["settings"]}
    assert settings["data_dir"]["origin"] == "KEYCONSOLE_DATA_DIR"
    assert settings["config"]["origin"] == "default"


def test_info_makes_nothing(tmp_path: Path) -> None:
    keyconsole(tmp_path, "info")

    assert list(tmp_path.iterdir()) == []


def test_nothing_secret_is_told(tmp_path: Path) -> None:
    done = keyconsole(
        tmp_path,
        "info",
        KEYCONSOLE_TOKEN="kco_hunter2",
        KEYCONSOLE_ROOT_KEY="hunter2",
        KEYCONSOLE_URL="https://ops:hunter2@keys.example.com",
        KEYCONSOLE_DATABASE_URL="postgresql://kc:hunter2@db/kc",
    )

    assert "hunter2" not in done.stdout
    assert "postgresql://(redacted)@db/kc" in done.stdout


def test_a_path_cannot_act_on_the_terminal(tmp_path: Path) -> None:
    done = keyconsole(tmp_path, "info", KEYCONSOLE_DATA_DIR=f"{tmp_path}/\x1b[6n")

    assert "\x1b" not in done.stdout


def test_a_variable_wins_over_the_default() -> None:
    found = {setting.name: setting for setting in effective({"KEYCONSOLE_LOG_LEVEL": "debug"})}

    assert (found["log_level"].value, found["log_level"].origin) == (
        "debug",
        "KEYCONSOLE_LOG_LEVEL",
    )
    assert found["rate_limits"].origin == "default"


def test_info_loads_no_console_no_service_and_no_http(tmp_path: Path) -> None:
    code = (
        "import sys; from keyconsole.cli import entrypoint; entrypoint.run(['info'])\n"
        "heavy = ('textual', 'rich', 'sqlalchemy', 'fastapi', 'starlette', 'httpx', 'pydantic')\n"
        "print([name for name in heavy if name in sys.modules], file=sys.stderr)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stderr == "[]\n"


def test_the_version_is_told(tmp_path: Path) -> None:
    done = keyconsole(tmp_path, "--version")

    assert (done.returncode, done.stdout) == (0, f"keyconsole {__version__}\n")


PROFILE = """
default_profile = "prod"
[profiles.prod]
url = "https://me@keys.example.com"
workspace = "acme"
danger = true
token_command = ["op", "read", "hunter2"]
[console]
mouse = "off"
"""


def settings_of(home: Path, *arguments: str, **variables: Any) -> dict[str, tuple[str, str]]:
    config = home / "config.toml"
    config.write_text(PROFILE)
    done = keyconsole(
        home, "info", "--json", *arguments, KEYCONSOLE_CONFIG=str(config), **variables
    )
    assert "hunter2" not in done.stdout
    return {
        each["name"]: (each["value"], each["origin"])
        for each in json.loads(done.stdout)["settings"]
    }


def test_each_setting_says_where_it_came_from(tmp_path: Path) -> None:
    found = settings_of(tmp_path)

    config = str(tmp_path / "config.toml")
    assert found["profile"] == ("prod", config)
    assert found["url"] == ("https://(redacted)@keys.example.com", "profile prod")
    assert found["token"] == ("(hidden)", "token_command of profile prod")
    assert found["danger"] == ("true", "profile prod")
    assert found["read_only"] == ("false", "default")
    assert found["mouse"] == ("off", config)
    assert found["reveal_seconds"] == ("60", "default")


def test_flag_and_environment_go_before_the_profile(tmp_path: Path) -> None:
    found = settings_of(
        tmp_path,
        "--ca-file",
        "/ca.pem",
        "--token-file",
        "/token",
        KEYCONSOLE_PROFILE="prod",
        KEYCONSOLE_URL="https://other.example.com",
        KEYCONSOLE_TOKEN="kco_hunter2",
        KEYCONSOLE_READ_ONLY="1",
    )

    assert found["profile"] == ("prod", "KEYCONSOLE_PROFILE")
    assert found["url"] == ("https://other.example.com", "KEYCONSOLE_URL")
    assert found["token"] == ("(hidden)", "--token-file")
    assert found["ca_file"] == ("/ca.pem", "--ca-file")
    assert found["read_only"] == ("true", "KEYCONSOLE_READ_ONLY")


def test_a_typo_is_a_warning_and_the_command_goes_on(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[console]\ntheem = 'x'\n")

    done = keyconsole(tmp_path, "info", KEYCONSOLE_CONFIG=str(config))

    assert done.returncode == 0
    assert done.stderr == (
        f"keyconsole: warning: {config}, line 2, column 1: theem is not a setting; "
        "did you mean theme.\n"
    )
