"""Performs a Dockerfile without Docker, in a directory that stands for the root of the image.

Absolute paths of the image become paths below that directory. The base image is this machine, whose
Python is the one of the tests.
"""

import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

_PLACES = re.compile(r"(?<![\w./-])/(?=(?:opt|data|source)\b)")


@dataclass
class Image:
    """What the last stage left, and what it says of running it."""

    root: Path
    env: dict[str, str] = field(default_factory=dict)
    user: str = ""
    directory: str = "/"
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)

    def inside(self, text: str) -> str:
        """Returns a text with the paths of the image below the root."""
        return _PLACES.sub(f"{self.root}/", text)

    @property
    def environ(self) -> dict[str, str]:
        """Returns the environment of a process: what the image sets, and nothing else."""
        return {name: self.inside(value) for name, value in self.env.items()}


def instructions(text: str) -> list[tuple[str, str]]:
    """Returns the instructions of a Dockerfile with their arguments, as one line each."""
    kept = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    lines = re.sub(r"\\\n\s*", "", "\n".join(kept)).splitlines()
    words = (line.partition(" ") for line in lines)
    return [(name, rest.strip()) for name, _, rest in words]


def perform(dockerfile: Path, context: Path, room: Path) -> Image:
    """Performs every instruction. Raises `AssertionError` with the output of a step that fails."""
    ignored = dockerfile.with_name(f"{dockerfile.name}.dockerignore").read_text().split()
    stages: dict[str, Path] = {}
    image = Image(room / "root")
    for name, rest in instructions(dockerfile.read_text()):
        if name == "FROM":
            if image.root.exists():
                before = room / f"stage-{len(stages)}"
                image.root.rename(before)
                stages = dict.fromkeys(stages, before)
            image = Image(room / "root")
            image.root.mkdir()
            if " AS " in rest:
                stages[rest.rpartition(" ")[2]] = image.root
        elif name == "COPY":
            _copy(image, rest.split(), context, stages, ignored)
        else:
            _take(image, name, rest)
    return image


def _take(image: Image, name: str, rest: str) -> None:
    match name:
        case "RUN":
            _run(image, rest)
        case "ENV":
            variable, _, value = rest.partition("=")
            image.env[variable] = value
        case "USER":
            image.user = rest
        case "WORKDIR":
            image.directory = rest
            Path(image.inside(rest)).mkdir(parents=True, exist_ok=True)
        case "ENTRYPOINT":
            image.entrypoint = json.loads(rest)
        case "CMD":
            image.command = json.loads(rest)
        case "HEALTHCHECK":
            image.health = json.loads(rest[rest.index("[") :])
        case _:
            assert name in {"VOLUME", "EXPOSE"}, name


def _run(image: Image, text: str) -> None:
    command = image.inside(text)
    if os.geteuid() != 0:
        command = re.sub(r" --(owner|group)=\d+", "", command)
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("KEYCONSOLE_", "PYTHON", "VIRTUAL_ENV"))
    }
    environ["PATH"] = f"{Path(sys.executable).parent}:{environ['PATH']}"
    done = subprocess.run(
        ["sh", "-euc", command],
        cwd=image.inside(image.directory) if image.directory != "/" else image.root,
        env=environ | image.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def _copy(
    image: Image, words: list[str], context: Path, stages: dict[str, Path], ignored: list[str]
) -> None:
    origin = context
    if words[0].startswith("--from="):
        origin = stages[words.pop(0).partition("=")[2]]
    *sources, target = words
    into = image.inside(target)
    place = Path(into) if target.startswith("/") else Path(image.inside(image.directory), target)
    for source in sources:
        found = origin / source.removeprefix("/")
        if origin == context:
            assert _is_sent(source, ignored), f"{source} is not in the context"
        assert found.exists(), source
        if found.is_dir():
            leave = shutil.ignore_patterns("__pycache__") if origin == context else None
            shutil.copytree(found, place, symlinks=True, ignore=leave)
        else:
            goal = place / found.name if len(sources) > 1 or target.endswith("/") else place
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(found, goal)


def _is_sent(source: str, ignored: list[str]) -> bool:
    """Returns if the file that names what is left out of the context lets it in."""
    kept = [pattern[1:] for pattern in ignored if pattern.startswith("!")]
    return any(fnmatch.fnmatch(source, pattern) for pattern in kept)
