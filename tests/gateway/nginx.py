"""A real nginx with what a page of the documentation puts into conf.d."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

_AROUND = """
daemon off;
{user}
pid {scratch}/nginx.pid;
error_log stderr notice;
events {{}}
http {{
    access_log off;
    client_body_temp_path {scratch}/body;
    proxy_temp_path {scratch}/proxy;
    fastcgi_temp_path {scratch}/fastcgi;
    uwsgi_temp_path {scratch}/uwsgi;
    scgi_temp_path {scratch}/scgi;
{inside}
}}
"""


def filled_in(text: str, real: dict[str, str]) -> str:
    """A configuration with something real for each of its examples."""
    for example, instead in real.items():
        assert text.count(example) == 1, example
        text = text.replace(example, instead)
    return text


def command(program: str, scratch: Path, inside: str) -> list[str]:
    """Returns how nginx is started with this for what it serves."""
    configuration = scratch / "nginx-main.conf"
    configuration.write_text(
        _AROUND.format(
            scratch=scratch,
            user="user root;" if os.geteuid() == 0 else "",
            inside=inside,
        )
    )
    return [program, "-p", str(scratch), "-c", str(configuration), "-e", "stderr"]


@contextmanager
def started(scratch: Path, inside: str) -> Iterator[None]:
    """Nginx with this for what it serves."""
    assert NGINX is not None
    process = subprocess.Popen(
        command(NGINX, scratch, inside),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    log = []
    try:
        for line in process.stderr:
            log.append(line)
            if "start worker process " in line:
                break
        else:
            raise AssertionError("".join(log))
        yield
    finally:
        process.terminate()
        process.communicate(timeout=20)
