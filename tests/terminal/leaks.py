"""Looking for a secret in places where it must not be, in every spelling it could have there."""

import base64
import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def spellings(secret: str) -> Iterator[tuple[str, bytes]]:
    """The secret, its secret part alone, and its digest, each as it may be encoded."""
    for what, plain in (("secret", secret), ("its last part", secret[21:64])):
        raw = plain.encode()
        yield what, raw
        yield f"{what} backwards", raw[::-1]
        yield f"{what} in UTF-16", plain.encode("utf-16-le")
        yield f"{what} in a URL", "".join(f"%{byte:02X}" for byte in raw).encode()
        yield f"{what} in JSON", "".join(f"\\u{byte:04x}" for byte in raw).encode()
        for shift in range(3):
            # Cut to whole groups of three, so that it is found in the middle of anything.
            inner = raw[shift : shift + (len(raw) - shift) // 3 * 3]
            yield f"{what} in base64", base64.b64encode(inner)
        yield f"{what} in hex", raw.hex().encode()
        yield f"{what} in capital hex", raw.hex().upper().encode()
    digest = hashlib.sha256(secret.encode()).digest()
    yield "its digest", digest
    yield "its digest in hex", digest.hex().encode()
    yield "its digest in base64", base64.b64encode(digest).rstrip(b"=")


def found_in(secret: str, places: Iterator[tuple[str, bytes]]) -> list[str]:
    """Each place that gives the secret away, and how it is spelled there."""
    known = list(spellings(secret))
    return [
        f"{what} in {place}"
        for place, content in places
        for what, spelling in known
        if spelling in content
    ]


def files_under(*directories: Path) -> Iterator[tuple[str, bytes]]:
    """Every file there, with its name."""
    for directory in directories:
        for path in directory.rglob("*"):
            if path.is_file() and not path.is_symlink():
                yield str(path), os.fsencode(path) + b"\0" + path.read_bytes()


def what_the_system_shows() -> Iterator[tuple[str, bytes]]:
    """What others on the machine may read of every process: arguments and environment."""
    for process in Path("/proc").glob("[0-9]*"):
        for name in ("cmdline", "environ"):
            with suppress(OSError):  # it has ended, or is somebody else's
                yield str(process / name), (process / name).read_bytes()
