"""Clients that are generated from the OpenAPI document, and used."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx
from tests.contract.products.conftest import Served
from tests.contract.products.installed import HERE, node_modules, python_generator
from tests.service.routes.test_openapi import OPERATIONS

NAMES = {name for found in OPERATIONS.values() for name in found.values()}


def run(*command: Any, directory: Path) -> str:
    done = subprocess.run(
        command, cwd=directory, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def document(served: Served, directory: Path) -> Path:
    path = directory / "openapi.json"
    path.write_text(httpx.get(f"{served.url}/v1/openapi.json").text)
    return path


def snake_case(name: str) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name)


def test_openapi_python_client_makes_one_with_names_that_a_person_would_write(
    served: Served, tmp_path: Path
) -> None:
    python = python_generator()
    (tmp_path / "config.yaml").write_text("post_hooks: []\n")
    told = run(
        *(python.with_name("openapi-python-client"), "generate", "--config", "config.yaml"),
        *("--path", document(served, tmp_path), "--output-path", "made"),
        directory=tmp_path,
    )
    assert "WARNING" not in told.upper(), told
    package = tmp_path / "made" / "keyconsole_client"
    modules = {each.stem for each in package.glob("api/*/*.py")} - {"__init__"}
    assert modules == {snake_case(name) for name in NAMES}
    models = {each.stem for each in package.glob("models/*.py")}
    assert {"audit_event_page", "key_create", "metadata", "permission", "token_form"} <= models
    assert [name for name in models if "type_" in name or "v1" in name] == []
    shutil.copy(HERE / "python_client.py", package.parent)
    told = run(python, "python_client.py", served.url, served.token, directory=package.parent)
    assert json.loads(told) == {
        "may": True,
        "reason": "superseded",
        "labels": ["python"],
        "error": "key-already-revoked",
        "is_time": True,
    }


def test_openapi_typescript_makes_types_that_a_program_compiles_with(
    served: Served, tmp_path: Path
) -> None:
    modules = node_modules()
    (tmp_path / "node_modules").symlink_to(modules)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    shutil.copy(HERE / "node" / "use.ts", tmp_path)
    source = document(served, tmp_path)
    tools = modules / ".bin"
    run(tools / "openapi-typescript", source, "--output", "schema.ts", directory=tmp_path)
    schema = (tmp_path / "schema.ts").read_text()
    declared = schema.partition("export interface operations {")[2]
    assert [name for name in NAMES if f"\n    {name}: {{" not in declared] == []
    run(
        *(tools / "tsc", "--strict", "--noUncheckedIndexedAccess", "--skipLibCheck"),
        *("--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom", "use.ts"),
        directory=tmp_path,
    )
    told = json.loads(run("node", "use.js", served.url, served.token, directory=tmp_path))
    assert "typescript" in told.pop("labels")
    assert told == {"may": True, "reason": "superseded", "error": "key-already-revoked"}
