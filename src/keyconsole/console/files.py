"""Files that only their owner can read, never written over another one."""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keyconsole.core import safetext
from keyconsole.core.errors import KeyconsoleError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from keyconsole.text.runs import Run

PRIVATE = 0o600
CONFINED = "KEYCONSOLE_CONFINED"


def is_dotenv(path: Path) -> bool:
    """Returns true for a dotenv file, which is appended to: `.env`, `a.env`, `.env.local`."""
    return path.name == ".env" or path.suffix == ".env" or path.name.startswith(".env.")


def variable_name(label: str) -> str:
    """The environment variable that a label suggests: `api-gateway` is `API_GATEWAY`."""
    name = re.sub(r"[^A-Z0-9]+", "_", label.upper()).strip("_")
    if not name or name[0].isdigit():
        name = f"API_KEY_{name}".rstrip("_")
    return name


def file_name(label: str) -> str:
    """A label as a file name of plain characters."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", label).strip("-.") or "api-key"


def free_name(label: str) -> str:
    """A path in the home directory that a label suggests and that is not taken yet."""
    stem = file_name(label)
    names = [stem, *(f"{stem}-{number}" for number in range(2, 100))]
    # `lexists` where `Path.exists` raises: this is asked on the page with a value.
    taken = (os.path.lexists(at_home(f"{name}.key")) for name in names)
    free = (name for name, is_taken in zip(names, taken, strict=True) if not is_taken)
    return f"~/{next(free, stem)}.key"


def at_home(name: str) -> Path:
    """A file of that name in the home directory; without one, where the console was started."""
    home = os.path.expanduser("~")  # noqa: PTH111 - `Path.home` raises where there is none
    return Path(home if home != "~" else os.curdir) / name


def place(typed: str) -> Path:
    """Returns the path that a person typed, with `~` as their home.

    Raises `KeyconsoleError` where nothing is written: see `check_place`, and names that would
    act on the terminal that lists them, or give a credential away.
    """
    path = typed.strip()
    if problem := safetext.credential_problem(path, "A path"):
        raise KeyconsoleError(problem.message)
    if (unsafe_character := safetext.unsafe_character(path)) is not None:
        raise KeyconsoleError(
            f"A path cannot contain {safetext.name_of(unsafe_character)} here: "
            "it acts on a terminal or cannot be seen."
        )
    try:
        found = Path(path).expanduser()
    except RuntimeError:
        raise KeyconsoleError("There is no such home directory: write the whole path.") from None
    check_place(found)
    return found


def short(path: Path) -> str:
    """A path as a person writes it, the home directory as `~`."""
    try:
        return f"~/{path.relative_to(Path.home())}"
    except (ValueError, RuntimeError):
        return str(path)


def check_place(path: Path, environ: Mapping[str, str] = os.environ) -> None:
    """Raise `KeyconsoleError` where a file must not be written.

    On a bastion (`KEYCONSOLE_CONFINED`) that is everywhere but in the home directory, and there
    in whatever other programs read settings from: anything hidden that is no dotenv file.
    """
    if environ.get(CONFINED, "").strip() in {"", "0", "false"}:
        return
    try:
        home = Path.home().resolve()
        inside = path.parent.resolve().joinpath(path.name).relative_to(home)
    except (ValueError, OSError, RuntimeError):
        raise KeyconsoleError(
            f"Here files are written in your home directory only: {path} is outside."
        ) from None
    hidden = [part for part in inside.parts if part.startswith(".")]
    if hidden and not (hidden == [inside.name] and is_dotenv(inside)):
        raise KeyconsoleError(f"Here nothing is written into hidden places such as {short(path)}.")


def write_new(path: Path, text: str) -> None:
    """Write a new file of mode 0600, whole and on the disk. Raises `KeyconsoleError`."""
    check_place(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    try:
        descriptor = os.open(path, flags, PRIVATE)
    except FileExistsError:
        raise KeyconsoleError(f"{short(path)} is there already; nothing was written.") from None
    except OSError as error:
        raise _cannot(path, error) from None
    try:
        _write(descriptor, text)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise _cannot(path, error) from None


def save_document(name: str, document: Mapping[str, Any]) -> list[Run]:
    """Writes a JSON document into a new file at home; returns what came of it, in words."""
    path = at_home(name)
    try:
        write_new(path, json.dumps(document, indent=2) + "\n")
    except KeyconsoleError as error:
        return [(f"✕ {error.message}", "red")]
    return [("✓ ", "green"), (f"Saved to {short(path)}", "dim")]


def append_variable(path: Path, name: str, value: str) -> None:
    """Append `NAME=value` to a dotenv file of mode 0600, made where there is none.

    Raises `KeyconsoleError` when others can read the file, or when it has that name already.
    """
    check_place(path)
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
    is_new = not os.path.lexists(path)
    try:
        descriptor = os.open(path, flags, PRIVATE)
    except OSError as error:
        raise _cannot(path, error) from None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            os.close(descriptor)
            raise KeyconsoleError(f"{short(path)} is not a file; nothing was written.")
        if stat.S_IMODE(found.st_mode) & 0o077:
            os.close(descriptor)
            raise KeyconsoleError(
                f"Others can read {short(path)}; nothing was written. "
                "chmod 600 it, or take another."
            )
        before = path.read_text(encoding="utf-8", errors="replace")
        if re.search(rf"^\s*(export\s+)?{re.escape(name)}=", before, re.MULTILINE):
            os.close(descriptor)
            raise KeyconsoleError(f"{short(path)} has a {name} already; nothing was written.")
        start = "" if not before or before.endswith("\n") else "\n"
        try:
            _write(descriptor, f"{start}{name}={value}\n")
        except OSError:
            if is_new:
                path.unlink(missing_ok=True)
            else:
                os.truncate(path, found.st_size)  # half a value is worse than none
            raise
    except OSError as error:
        raise _cannot(path, error) from None


def _write(descriptor: int, text: str) -> None:
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def _cannot(path: Path, error: OSError) -> KeyconsoleError:
    reason = (error.strerror or "it is not possible").lower()
    return KeyconsoleError(f"{short(path)} cannot be written: {reason}.")
