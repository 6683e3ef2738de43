"""The documentation says what is so: references are generated, pictures and links exist."""

import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from keyconsole.core.credential import Kind, mint
from keyconsole.local import secrets
from keyconsole.service import supervisor
from keyconsole.service.limits import Buckets, Limits
from keyconsole.service.settings import DATABASE_URL
from keyconsole.service.verification.answers import REFUSALS

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])

_TARGET = re.compile(r"\]\(([^)#]+)")


def test_the_reference_is_what_registry_commands_and_service_say() -> None:
    checked = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.stderr == ""
    assert checked.returncode == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_picture_and_page_that_is_linked_exists(page: Path) -> None:
    targets = [target for target in _TARGET.findall(page.read_text()) if ":" not in target]

    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_picture_in_the_tree_is_linked_by_a_page() -> None:
    folder = ROOT / "screenshots"
    linked = {
        (page.parent / target).resolve()
        for page in PAGES
        for target in _TARGET.findall(page.read_text())
        if ":" not in target
    }
    files = {path for path in folder.iterdir() if path.is_file()}

    assert {path.name for path in files - linked} == {"draw.py"}


def test_every_variable_that_is_read_is_in_the_table_and_no_other() -> None:
    quoted = re.compile(r'"(KEYCONSOLE_[A-Z_]+)"')
    read = {
        name
        for path in (ROOT / "src").rglob("*.py")
        for name in quoted.findall(path.read_text())
        if name != supervisor.DATABASE  # which a process sets for its own workers
    }
    table = (ROOT / "docs" / "operations.md").read_text().partition("## Environment variables")[2]
    told = set(re.findall(r"^\| `([A-Z_]+)` \|", table.partition("\n## ")[0], re.M))

    assert told == read | {f"{DATABASE_URL}_FILE", secrets.FILE_VARIABLE, "NO_COLOR"}


def test_the_limits_are_those_of_the_service() -> None:
    table = (ROOT / "docs" / "operations.md").read_text().partition("## Limits")[2]
    rows = re.findall(r"\| ([\d,]+) a second, ([\d,]+) at once \|", table)
    limits = Limits.of_contract(lambda: 0)
    kinds = [limits.failures, limits.management, limits.revokes, limits.possession]

    assert len(rows) == len(kinds)
    for (rate, burst), kind in zip(rows, kinds, strict=True):
        assert isinstance(kind, Buckets)
        assert [kind.rate, kind.burst] == [int(each.replace(",", "")) for each in (rate, burst)]


def test_the_check_for_other_scanners_knows_a_key_from_noise() -> None:
    [code] = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "scanning.md").read_text(), re.S)
    names: dict[str, Any] = {}
    exec(code, names)
    key = mint(Kind.API_KEY).text

    assert names["SHAPE"].fullmatch(key)
    assert names["is_real"](key)
    assert not names["is_real"](key[:-1] + ("0" if key[-1] != "0" else "1"))


def test_the_page_of_gateways_explains_every_reason_with_its_status() -> None:
    page = (ROOT / "docs" / "gateways.md").read_text()
    explained = dict(re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", page, re.M))

    assert explained.pop("service-unreachable") == "503"
    assert explained == {each.problem["error"]: str(each.status) for each in REFUSALS.values()}
    for name in ("nginx.conf", "Caddyfile", "envoy.yaml", "apache.lua", "haproxy.lua"):
        text = (ROOT / "docs" / "gateways" / name).read_text()
        assert "The service that checks API keys could not be asked." in text


def test_haproxy_of_the_documentation_does_not_serve_as_root() -> None:
    lines = (ROOT / "docs" / "gateways" / "haproxy.cfg").read_text().splitlines()

    assert {"    user haproxy", "    group haproxy", "    chroot /var/lib/haproxy"} <= {*lines}


def _glossary() -> list[str]:
    page = (ROOT / "docs" / "glossary.md").read_text()
    return re.findall(r"\| `(keyconsole\.[\w.]+)` \|$", page, re.MULTILINE)


@pytest.mark.parametrize("name", _glossary())
def test_a_word_of_the_glossary_is_defined_where_it_says(name: str) -> None:
    assert pkgutil.resolve_name(name) is not None
