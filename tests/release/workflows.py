"""The workflows of `.github`, read as what they run."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".github" / "workflows"


@dataclass(frozen=True)
class Step:
    """One step of a job."""

    job: str
    uses: str | None
    run: str | None
    options: dict[str, Any]


def names() -> list[str]:
    return sorted(path.name for path in FOLDER.iterdir())


def read(name: str) -> dict[str, Any]:
    """A workflow. YAML 1.1 reads its key `on` as true, which becomes the word again."""
    document: dict[Any, Any] = yaml.safe_load((FOLDER / name).read_text())
    return {"on" if key is True else str(key): value for key, value in document.items()}


def steps(name: str) -> Iterator[Step]:
    for job, described in read(name)["jobs"].items():
        for step in described["steps"]:
            yield Step(job, step.get("uses"), step.get("run"), step.get("with", {}))
