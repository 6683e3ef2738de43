"""Every theme plays the same roles, can be read, and keeps its states apart."""

import itertools
import math
from collections.abc import Iterable
from dataclasses import asdict

import pytest
from rich.segment import Segment
from tests.console.desk import integration_of, sit_down
from tests.stage import Stage

from keyconsole.console.theme import ANSI_NAME, PALETTES, Palette, fitting
from keyconsole.local import config

COLOURED = {name: palette for name, palette in PALETTES.items() if not palette.is_ansi}
TEXT = ("ink", "dim", "faint", "brass", "green", "amber", "blue", "red")
STATES = ("green", "amber", "blue", "red")

# What people see of red, green and blue without one kind of cone (Machado, Oliveira and Fernandes
# 2009, severity 1.0).
SIGHTS = {
    "no red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
               (-0.003882, -0.048116, 1.051998)),
    "no green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
                 (-0.011820, 0.042940, 0.968881)),
    "no blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602),
                (0.004733, 0.691367, 0.303900)),
}  # fmt: skip

Linear = tuple[float, float, float]


def linear(colour: str) -> Linear:
    values = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in values
    )
    return red, green, blue


def contrast(one: str, other: str) -> float:
    """WCAG 2.2: 1 to 21."""
    dark, bright = sorted(
        0.2126 * red + 0.7152 * green + 0.0722 * blue
        for red, green, blue in map(linear, (one, other))
    )
    return (bright + 0.05) / (dark + 0.05)


def lab(colour: Linear) -> Linear:
    """CIE 1976 L*a*b*, white D65."""
    red, green, blue = (min(1.0, max(0.0, part)) for part in colour)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    fx, fy, fz = (
        part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in (x, y, z)
    )
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def seen(colour: str, sight: tuple[Linear, ...]) -> Linear:
    parts = linear(colour)
    red, green, blue = (sum(row[i] * parts[i] for i in range(3)) for row in sight)
    return lab((red, green, blue))


def nearest(palette: Palette, sight: tuple[Linear, ...]) -> float:
    """How far apart the two states are that look most alike."""
    colours = [seen(getattr(palette, role), sight) for role in STATES]
    return min(math.dist(one, other) for one, other in itertools.combinations(colours, 2))


def test_the_settings_know_every_theme() -> None:
    assert tuple(PALETTES) == config.THEMES


@pytest.mark.parametrize("name", COLOURED)
def test_every_text_can_be_read_on_every_ground(name: str) -> None:
    palette = COLOURED[name]
    for role, ground in itertools.product(TEXT, ("ground", "bar", "row", "notice")):
        found = contrast(getattr(palette, role), getattr(palette, ground))
        assert found >= 4.5, f"{role} on {ground}: {found:.2f}"
    assert contrast(palette.ink, palette.danger) >= 4.5
    assert contrast(palette.ink, palette.ground) > contrast(palette.dim, palette.ground)
    assert contrast(palette.dim, palette.ground) > contrast(palette.faint, palette.ground)
    assert contrast(palette.ground, palette.brass) >= 4.5
    assert contrast(palette.ground, palette.amber) >= 4.5


def test_high_contrast_is_higher_than_any_other() -> None:
    palette = PALETTES["keyconsole-contrast"]

    for role in set(TEXT) - {"faint"}:
        assert contrast(getattr(palette, role), palette.row) >= 7, role
    assert contrast(palette.faint, palette.ground) >= 7


@pytest.mark.parametrize("sight", SIGHTS)
def test_the_colour_blind_palette_keeps_the_states_apart(sight: str) -> None:
    safe = nearest(PALETTES["keyconsole-colourblind"], SIGHTS[sight])

    assert safe >= 30
    assert safe > nearest(PALETTES["keyconsole-dark"], SIGHTS[sight])


@pytest.mark.parametrize(
    ("environ", "fits"),
    [
        ({"TERM": "xterm-256color"}, "keyconsole-light"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "keyconsole-light"),
        ({"TERM": "xterm"}, ANSI_NAME),
        ({"TERM": "linux"}, ANSI_NAME),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, ANSI_NAME),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, "keyconsole-light"),
    ],
)
def test_sixteen_colours_and_none_are_the_terminals_own(environ: dict[str, str], fits: str) -> None:
    assert fitting("keyconsole-light", environ) == fits


@pytest.mark.parametrize("name", PALETTES)
async def test_a_console_wears_it(name: str, stage: Stage) -> None:
    async with sit_down(stage, theme=name) as desk:
        assert desk.app.theme == name
        variables = desk.app.theme_variables
        for role, colour in asdict(PALETTES[name]).items():
            assert variables[role] == colour
        assert "Salesforce Production" in desk.text
        colours = {
            segment.style.color.name if segment.style and segment.style.color else "default"
            for segment in segments(desk.app.screen._compositor.render_strips())
        }
        if name == ANSI_NAME:
            assert not any(colour.startswith("#") for colour in colours), colours


def segments(strips: Iterable[Iterable[Segment]]) -> list[Segment]:
    return [segment for strip in strips for segment in strip]


async def test_without_colours_nothing_is_coloured_and_states_have_words(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    here = await integration_of(stage)
    async with sit_down(stage, f"/oauth/{here.id}/api-keys", theme=ANSI_NAME) as desk:
        found = segments(desk.app.screen._compositor.render_strips())

        assert {s.style.color.name for s in found if s.style and s.style.color} <= {"default"}
        assert {s.style.bgcolor.name for s in found if s.style and s.style.bgcolor} <= {"default"}
        for state in ("● active", "◌ unconfirmed", "✕ revoked"):
            assert state in desk.text
