"""What a command takes from its start to its end."""

import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from benchmarks.console import KEYCONSOLE
from benchmarks.figures import Figures
from benchmarks.million import build
from benchmarks.run import Run
from benchmarks.servers import account, service

PROGRAMS = {
    "import httpx, pydantic, click": (sys.executable, "-c", "import httpx, pydantic, click"),
    "keys list": (KEYCONSOLE, "keys", "list", "--json", "--limit", "100"),
}


def measure(run: Run) -> None:
    """Note every figure of the section."""
    directory = run.directory / "few"
    token = build(directory, 100, integrations=1)
    with service("commands", directory) as few:
        environ = account(run.directory, KEYCONSOLE_URL=few.url, KEYCONSOLE_TOKEN=token)
        for figures in run.each_round():
            for name, program in PROGRAMS.items():
                _process(name, program, environ, figures)


def _process(
    name: str, program: Sequence[str], environ: Mapping[str, str], figures: Figures
) -> None:
    before, began = _spent(), time.perf_counter()
    subprocess.run(program, env=environ, stdout=subprocess.DEVNULL, check=True)
    figures.note(name, time.perf_counter() - began, _spent() - before)


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
