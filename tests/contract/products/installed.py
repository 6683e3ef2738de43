"""Products that nobody here wrote, installed once into a cache beside the interpreter."""

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from tests import shared

HERE = Path(__file__).parent
OLDEST_NODE = 20
"""It has the Web Crypto API that openid-client asks for."""
GENERATOR = "openapi-python-client==0.29.1"
_CACHE = Path(sys.prefix) / "cache"
_SECONDS = 180


def node_modules() -> Path:
    """Return the directory with what `node/package-lock.json` names; skip where there is none."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    if int(version.stdout.removeprefix("v").partition(".")[0]) < OLDEST_NODE:
        pytest.skip(f"node {version.stdout.strip()} is older than v{OLDEST_NODE}")
    lock = HERE / "node" / "package-lock.json"
    target = _CACHE / f"node-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    with shared.lock("node"):
        if not (target / "done").exists():
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir(parents=True)
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / "node" / name, target)
            options = "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1"
            _install(target, "npm", "ci", *options)
    return target / "node_modules"


def python_generator() -> Path:
    """Return the interpreter of an environment with `GENERATOR`; skip where there is none."""
    target = _CACHE / GENERATOR.replace("==", "-")
    python = target / "bin" / "python"
    with shared.lock("generator"):
        if not (target / "done").exists():
            shutil.rmtree(target, ignore_errors=True)
            venv.create(target, with_pip=True)
            options = "--quiet", "--disable-pip-version-check", "--retries=1"
            _install(target, str(python), "-m", "pip", "install", *options, GENERATOR)
    return python


def _install(target: Path, *command: str) -> None:
    try:
        done = subprocess.run(
            command, cwd=target, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"{command[0]} did not end within {_SECONDS} s")
    if done.returncode:
        pytest.skip(f"{Path(command[0]).name} cannot install {target.name}: is there no network?")
    (target / "done").touch()
