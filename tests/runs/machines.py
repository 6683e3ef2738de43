"""Runs `make test` on five fresh machines: Debian roots made by debootstrap, entered by chroot.

    make machines                 all five; ARGS="1 4" only these
    make machines ARGS=--list     the selection

Needs root, debootstrap and iproute2. Packages come from the mirror and the pip settings that this
machine has; after the installation the runs have no network but loopback. The roots are kept in
`MACHINES_DIR` (default: keyconsole-machines in the temporary directory), so that a second call
builds nothing. The five cover every pair of values of the four properties.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACE = Path(os.environ.get("MACHINES_DIR") or Path(tempfile.gettempdir()) / "keyconsole-machines")
NEEDED = "python3,python3-venv,make,git,ca-certificates"
TOOLS = "nginx-light tmux openssh-client zsh procps"
USER = "tester"
PIP_SETTINGS = ("/etc/pip.conf", "/etc/xdg/pip", "/etc/ssl/certs/ca-certificates.crt")


@dataclass(frozen=True)
class Machine:
    """One combination. `temp_length` is the length of the temporary directory's path."""

    number: int
    debian: str
    account: str
    temp_length: int
    has_tools: bool

    @property
    def name(self) -> str:
        """The suite and whether the optional tools are there; two runs may share a root."""
        return f"{self.debian}-{'tools' if self.has_tools else 'bare'}"

    @property
    def home(self) -> str:
        """The account's home; the checkout lies below it."""
        return "/root" if self.account == "root" else f"/home/{self.account}"

    @property
    def temp(self) -> str:
        """A path of exactly `temp_length` characters."""
        return ("/tmp/" + "t" * self.temp_length)[: self.temp_length]

    def __str__(self) -> str:
        tools = f"with {TOOLS}" if self.has_tools else "without optional tools"
        return (
            f"{self.number}. {self.debian}, {self.account}, temporary directory of"
            f" {self.temp_length} characters, {tools}"
        )


MACHINES = (
    Machine(1, "trixie", "root", 20, has_tools=False),
    Machine(2, "trixie", USER, 120, has_tools=True),
    Machine(3, "bookworm", "root", 120, has_tools=True),
    Machine(4, "bookworm", USER, 20, has_tools=True),
    Machine(5, "bookworm", USER, 120, has_tools=False),
)


def mirror() -> str:
    """Return the address of the Debian mirror that this machine uses."""
    apt = Path("/etc/apt")
    for path in [apt / "sources.list", *sorted(apt.glob("sources.list.d/*"))]:
        if path.exists() and (found := re.search(r"https?://\S+/debian/?(?=\s)", path.read_text())):
            return found.group()
    sys.exit("No Debian mirror is configured on this machine.")


def build(machine: Machine) -> Path:
    """Make the root of a machine, unless it is there."""
    root = PLACE / machine.name
    if not (root / "built").exists():
        root.mkdir(parents=True, exist_ok=True)
        if (root / "debootstrap").exists() or not (root / "etc" / "passwd").exists():
            command = ["debootstrap", "--variant=minbase", f"--include={NEEDED}"]
            subprocess.run(
                [*command, machine.debian, root, mirror()], check=True, stdout=subprocess.DEVNULL
            )
        for setting in map(Path, PIP_SETTINGS):
            target = root / setting.relative_to("/")
            if setting.is_dir():
                shutil.copytree(setting, target, dirs_exist_ok=True)
            elif setting.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(setting, target)
        for name in ("resolv.conf", "hosts"):
            shutil.copy(f"/etc/{name}", root / "etc" / name)
        with mounted(root):
            if machine.has_tools:
                inside(
                    root,
                    "apt-get -qq update && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive"
                    f" apt-get -qq install -y --no-install-recommends {TOOLS} >/dev/null",
                )
            inside(root, f"useradd --create-home --shell /bin/bash {USER}")
        (root / "built").touch()
    return root


@contextmanager
def mounted(root: Path) -> Iterator[None]:
    """Mount what a process needs, and unmount it."""
    with ExitStack() as undo:
        for kind, source, place in (
            ("proc", "proc", "proc"),
            ("tmpfs", "tmpfs", "dev/shm"),
            ("devpts", "devpts", "dev/pts"),
        ):
            target = root / place
            target.mkdir(parents=True, exist_ok=True)
            options = ["-o", "newinstance,ptmxmode=0666,mode=620"] if kind == "devpts" else []
            subprocess.run(["mount", "-t", kind, *options, source, str(target)], check=True)
            undo.callback(subprocess.run, ["umount", "--lazy", str(target)], check=False)
        ptmx = root / "dev" / "ptmx"
        ptmx.unlink(missing_ok=True)
        ptmx.symlink_to("pts/ptmx")
        yield


def inside(root: Path, script: str, account: str = "root", *, offline: bool = False) -> int:
    """Run a script in a root as an account, and return its exit code."""
    enter = ["chroot", f"--userspec={account}:{account}", str(root), "/bin/bash", "-c", script]
    if offline:
        enter = [
            "unshare", "--net", "/bin/sh", "-c", 'ip link set lo up; exec "$@"', "sh", *enter,
        ]  # fmt: skip
    home = "/root" if account == "root" else f"/home/{account}"
    environ = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": home,
        "LANG": "C.UTF-8",
        **{name: value for name, value in os.environ.items() if name.startswith("PIP_")},
    }
    return subprocess.run(enter, env=environ, stdin=subprocess.DEVNULL, check=False).returncode


def run(machine: Machine, commit: str) -> int:
    """Install a fresh clone in the machine, cut the network, and run `make test`."""
    print(f"== {machine}", flush=True)
    root = build(machine)
    checkout = f"{machine.home}/checkout"
    with mounted(root), tempfile.NamedTemporaryFile(suffix=".bundle") as bundle:
        subprocess.run(
            ["git", "bundle", "create", "--quiet", bundle.name, "HEAD"], cwd=ROOT, check=True
        )
        shutil.copy(bundle.name, root / "source.bundle")
        (root / "source.bundle").chmod(0o644)
        installed = inside(
            root,
            f"rm -rf {checkout} && git clone -q /source.bundle {checkout} && cd {checkout} &&"
            f" git checkout -q {commit} && make -s .venv/.dev",
            machine.account,
        )
        if installed:
            return installed
        started = time.monotonic()
        code = inside(
            root,
            f"mkdir -p {machine.temp} && cd {checkout} && TMPDIR={machine.temp} make test",
            machine.account,
            offline=True,
        )
        inside(root, f"rm -rf {machine.temp}")
    print(f"== {machine}: exit {code} after {time.monotonic() - started:.0f} s", flush=True)
    return code


def main(arguments: list[str]) -> int:
    """Run the machines asked for; return the exit code."""
    chosen = [machine for machine in MACHINES if str(machine.number) in arguments]
    if "--list" in arguments:
        print(*MACHINES, sep="\n")
        return 0
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout.strip()
    return max(run(machine, commit) for machine in chosen or MACHINES)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
