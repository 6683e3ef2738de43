"""What is measured, each a process of its own on a port that the system chose."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

SERVICE = "/v1/forward-auth"


@dataclass(frozen=True)
class Server:
    """A process that answers, and where."""

    name: str
    process: "subprocess.Popen[str]"
    port: int
    path: str = "/"
    header: str = "Authorization: Bearer {secret}"

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self.port}"

    def cpu(self) -> float:
        """Seconds that it and its children have spent on a processor."""
        found = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)],
            capture_output=True,
            text=True,
            check=False,
        )
        pids = [self.process.pid, *map(int, found.stdout.split())]
        return sum(_spent(pid) for pid in pids) / 1e9


def _spent(pid: int) -> int:
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        return sum(int((each / "schedstat").read_text().split()[0]) for each in threads)
    except OSError:
        return 0


def account(home: Path, **variables: str) -> dict[str, str]:
    """The environment of a person at a terminal, with settings of theirs, and nothing else."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
        **variables,
    }


@contextmanager
def serving(
    name: str,
    command: Sequence[str],
    log: Path,
    path: str = "/",
    header: str = "Authorization: Bearer {secret}",
    **environ: str,
) -> Iterator[Server]:
    """A server, until it is not wanted any more; what it says goes to a file."""
    with log.open("w") as file:
        process = subprocess.Popen(
            command, env=os.environ | environ, stdout=file, stderr=file, text=True
        )
    try:
        yield Server(name, process, _port(process, log), path, header)
    finally:
        process.terminate()
        process.wait(20)


def _port(process: "subprocess.Popen[str]", log: Path) -> int:
    with log.open() as said:
        while process.poll() is None:
            line = said.readline()
            if found := re.search(r"[Ll]istening (?:on|at):? http://[^:]+:(\d+)", line):
                return int(found[1])
    raise RuntimeError(log.read_text())


def service(
    name: str, data_dir: Path, workers: int = 1, **environ: str
) -> AbstractContextManager[Server]:
    """`keyconsole service run`."""
    command = [sys.executable, "-m", "keyconsole", "service", "run", "--port", "0"]
    return serving(
        name,
        [*command, "--workers", str(workers)],
        data_dir / f"{name}.log".replace(" ", "-"),
        SERVICE,
        KEYCONSOLE_DATA_DIR=str(data_dir),
        KEYCONSOLE_AUDIT_CHECKPOINTS="off",
        **environ,
    )
