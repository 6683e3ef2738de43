"""The gateways of docs/gateways, each started with the files that stand there."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from tests.gateway import nginx

HERE = Path(__file__).resolve().parents[2] / "docs" / "gateways"
PATH = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""), "/usr/sbin"))
INTEGRATION = "int_7k2m4q9x0a1b2c3d"
START_SECONDS = 30
_MODULES = Path("/usr/lib/apache2/modules")

_AROUND_APACHE = """
ServerRoot {scratch}
ServerName localhost
PidFile {scratch}/apache.pid
ErrorLog {scratch}/error.log
DefaultRuntimeDir {scratch}
{user}
{modules}
Listen {listen}
Include {scratch}/{name}
"""


@dataclass(frozen=True)
class Product:
    """A gateway: its files, the first of which names the others, and how it is installed."""

    name: str
    files: tuple[str, ...]
    program: str
    package: str
    needs: tuple[Path, ...] = ()

    @property
    def missing(self) -> str:
        """Why it cannot run here, or nothing."""
        found = shutil.which(self.program, path=PATH) and all(each.exists() for each in self.needs)
        return "" if found else f"{self.name} is not installed ({self.package})"

    @contextmanager
    def started(self, service: str, protected: str, integration: str) -> Iterator[str]:
        """Runs it in front of two addresses, and gives its URL once it answers."""
        with tempfile.TemporaryDirectory(prefix="keyconsole-gateway-") as directory:
            scratch = Path(directory)
            scratch.chmod(0o755)  # Apache reads its Lua as another account
            listen, own = free_address(), free_address()
            real = {"8080": listen, "8322": own, "8321": service, "9000": protected}
            for name in self.files:
                text = (HERE / name).read_text().replace(INTEGRATION, integration)
                for port, address in real.items():
                    text = re.sub(rf"\b{port}\b", address.rpartition(":")[2], text)
                for other in self.files:
                    text = re.sub(rf"/etc/\S+/({_installed(other)})", rf"{scratch}/{other}", text)
                (scratch / name).write_text(text)
            url = f"http://{listen}"
            process = subprocess.Popen(
                _command(self, scratch, listen),
                cwd=scratch,
                env=os.environ
                | dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), directory)
                | {"CADDY_ADMIN": f"unix/{scratch}/admin"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            log: list[str] = []
            assert process.stdout is not None
            reader = threading.Thread(target=log.extend, args=(process.stdout,))
            reader.start()
            try:
                _wait(process, url, reader)
                yield url
            except StartError as error:
                raise AssertionError(f"{self.name}: {error} {''.join(log)}") from error
            finally:
                process.terminate()
                try:
                    process.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                reader.join()
                process.stdout.close()


class StartError(Exception):
    """A gateway that does not refuse a request without a key."""


PRODUCTS = (
    Product("nginx", ("nginx.conf",), "nginx", "Debian: nginx-light"),
    Product("Envoy", ("envoy.yaml",), "envoy", "make gateways"),
    Product("Caddy", ("Caddyfile",), "caddy", "make gateways"),
    Product("Traefik", ("traefik.yaml", "traefik-keys.yaml"), "traefik", "make gateways"),
    Product("HAProxy", ("haproxy.cfg", "haproxy.lua"), "haproxy", "Debian: haproxy"),
    Product(
        "Apache",
        ("apache.conf", "apache.lua"),
        "apache2",
        "Debian: apache2-bin lua-socket",
        (_MODULES / "mod_lua.so", Path("/usr/share/lua/5.1/socket/http.lua")),
    ),
)


def free_address() -> str:
    """Returns an address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"127.0.0.1:{free.getsockname()[1]}"


def _installed(name: str) -> str:
    """Returns the name that a file has where it is installed."""
    return "keys.yaml" if name == "traefik-keys.yaml" else re.escape(name)


def _command(product: Product, scratch: Path, listen: str) -> list[str]:
    program = shutil.which(product.program, path=PATH) or product.program
    name = product.files[0]
    is_root = os.geteuid() == 0
    main = str(scratch / name)
    match product.name:
        case "nginx":
            return nginx.command(program, scratch, (scratch / name).read_text())
        case "Apache":
            modules = [
                f"LoadModule {each}_module {_MODULES}/mod_{each}.so"
                for each in ("mpm_event", "authz_core", "headers", "lua", "proxy", "proxy_http")
            ]
            (scratch / "main").write_text(
                _AROUND_APACHE.format(
                    scratch=scratch,
                    name=name,
                    listen=listen,
                    modules="\n".join(modules),
                    user="User www-data\nGroup www-data" if is_root else "",
                )
            )
            return [program, "-DFOREGROUND", "-f", str(scratch / "main")]
        case "Envoy":
            quiet = ["--log-level", "error", "--concurrency", "1", "--disable-hot-restart"]
            return [program, "-c", main, *quiet]
        case "Caddy":
            return [program, "run", "--config", main, "--adapter", "caddyfile"]
        case "Traefik":
            return [program, f"--configFile={main}"]
        case _:
            return [program, "-db", "-f", main]


def _wait(process: subprocess.Popen[str], url: str, reader: threading.Thread) -> None:
    """Waits until the gateway refuses a request without a key; raises `StartError`."""
    deadline = time.monotonic() + START_SECONDS
    status = 0
    while process.poll() is None and time.monotonic() < deadline:
        try:
            status = httpx.get(url, trust_env=False, timeout=START_SECONDS).status_code
        except httpx.TransportError:
            status = 0
        if status == 401:
            return
        reader.join(0.05)  # which ends early when the process does
    raise StartError(status)
