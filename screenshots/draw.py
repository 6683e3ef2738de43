"""Redraw the pictures in this folder: the real console on a real service, pressed by keys.

    python screenshots/draw.py [--size 120x30] [--into DIRECTORY] [--only NAME] [--theme NAME]

Writes the pictures that a page of the documentation links. With `--into` it writes every scene, to
look at: an SVG, and a PNG beside it where Chromium is installed. The service is that of
`keyconsole demo`, for a few scenes that of the tests, with a clock that stands still and seeded
chance, so that drawing again changes nothing that has not changed.
"""

import argparse
import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import AbstractAsyncContextManager
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]


from tests.scenes import SCENES, Scene  # noqa: E402
from tests.stage import Stage, build_template, set_up, set_up_demo  # noqa: E402

from keyconsole.local.config import THEMES  # noqa: E402

FONTS = "DejaVu Sans Mono, Menlo, Consolas, monospace"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def linked_pictures() -> set[str]:
    """The names of the files in this folder that a page links."""
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    link = re.compile(rf"\b{HERE.name}/([\w-]+\.\w+)\)")
    return {name for page in pages for name in link.findall(page.read_text())}


def plain_fonts(svg: str) -> str:
    """The SVG with fonts of the machine that shows it; it fetches nothing, and has no ligatures."""
    svg = re.sub(r"@font-face\s*\{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = svg.replace("Fira Code, monospace", FONTS).replace("Fira Code", "DejaVu Sans Mono")
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def draw_png(svg: Path) -> None:
    """A PNG beside the SVG, by a headless Chromium; nothing where there is none."""
    browser = next(filter(None, map(shutil.which, CHROMIUM)), None)
    match = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg.read_text())
    if browser is None or match is None:
        return
    width, height = (int(float(number)) + 1 for number in match.groups())
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run(
            [
                browser,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--hide-scrollbars",
                f"--user-data-dir={scratch}",
                "--default-background-color=0f131aff",
                f"--window-size={width},{height}",
                f"--screenshot={svg.with_suffix('.png')}",
                svg.as_uri(),
            ],
            check=True,
            capture_output=True,
            timeout=60,
        )


async def draw(
    scene: Scene, template: Path, size: tuple[int, int], into: Path, **options: str
) -> Path:
    """One scene as an SVG."""
    with tempfile.TemporaryDirectory() as scratch:
        async with _service(scene, template, Path(scratch) / "data") as stage:
            profile = {} if _is_on_stage(scene) else {"profile": "demo"}
            app = stage.console(**profile | scene.options, **options)
            async with app.run_test(size=size) as pilot:
                await scene.play(pilot, stage)
                svg = app.export_screenshot(title="keyconsole")
    path = into / f"{scene.name}.svg"
    path.write_text(plain_fonts(svg))
    return path


def _is_on_stage(scene: Scene) -> bool:
    return scene.empty or scene.staged


def _service(scene: Scene, template: Path, data: Path) -> AbstractAsyncContextManager[Stage]:
    if _is_on_stage(scene):
        return set_up(None if scene.empty else template, data)
    return set_up_demo(data)


async def main() -> None:
    """Draw what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="120x30")
    parser.add_argument("--into", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--theme", default=THEMES[0], choices=THEMES)
    asked = parser.parse_args()
    width, height = map(int, asked.size.split("x"))
    wanted = linked_pictures() if asked.into is None else None
    into = asked.into or HERE
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        template = Path(scratch) / "template"
        await build_template(template)
        for scene in SCENES:
            names = {f"{scene.name}.svg", f"{scene.name}.png"}
            if asked.only not in scene.name or (wanted is not None and not names & wanted):
                continue
            svg = await draw(scene, template, (width, height), into, theme=asked.theme)
            if wanted is None or f"{scene.name}.png" in wanted:
                draw_png(svg)
            print(svg.name)


if __name__ == "__main__":
    os.environ["TZ"] = "UTC"
    time.tzset()
    for name in [name for name in os.environ if name.startswith("TEXTUAL_") or name == "NO_COLOR"]:
        del os.environ[name]
    asyncio.run(main())
