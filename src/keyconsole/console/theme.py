"""The palettes: a name for each role that a colour plays, so that every theme keeps them all.

Every text colour stands at 4.5 : 1 or better on each ground it is drawn on, hints and what is off
(`faint`) too, since they inform (WCAG 2.2, 1.4.3). The ANSI palette leaves its colours to the
terminal.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from textual.filter import Monochrome, NoColor
from textual.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Mapping

    from keyconsole.console.terminal.textual_compat import CompatibleApp


@dataclass(frozen=True, slots=True)
class Palette:
    """One colour a role, as `#rrggbb` or `ansi_…`. `ink` is text, `dim` secondary, `faint` off."""

    ground: str
    bar: str
    row: str
    rule: str
    ink: str
    dim: str
    faint: str
    brass: str
    green: str
    amber: str
    blue: str
    red: str
    danger: str
    notice: str

    @property
    def is_ansi(self) -> bool:
        """True if the terminal decides what the colours are."""
        return self.ground.startswith("ansi_")


# The states of the colour-blind palette stay apart for people who see no red, no green or no blue:
# cyan, yellow, indigo and terracotta differ in lightness and along the axis that each still has.
_TABLE = """
            dark       light      contrast   blind      ansi
    ground  #0f131a    #faf8f3    #000000    #0f131a    ansi_default
    bar     #141a23    #f0ece3    #1a1a1a    #141a23    ansi_default
    row     #1b2330    #e8e1d2    #303030    #1b2330    ansi_default
    rule    #2a3342    #d3cab8    #8a8a8a    #2a3342    ansi_bright_black
    ink     #c8d0dc    #2a2f38    #ffffff    #d3d9e3    ansi_default
    dim     #98a2b2    #4c515c    #d6d6d6    #9aa3b1    ansi_default
    faint   #808da0    #5f636b    #b0b0b0    #818c9e    ansi_bright_black
    brass   #e0af68    #7d4f00    #ffd24a    #e0af68    ansi_yellow
    green   #8fc17d    #2f6421    #7dff7d    #56dfe4    ansi_green
    amber   #e0af68    #7d4f00    #ffb000    #f8e04a    ansi_yellow
    blue    #6fa8dc    #1d5a9c    #8fcbff    #7887f0    ansi_cyan
    red     #f0707c    #ad1f33    #ffa8a8    #e07c61    ansi_red
    danger  #8c1d2b    #f0b4b8    #990000    #7d2f1d    ansi_red
    notice  #1e1b16    #f6ecd6    #262000    #1e1b16    ansi_default
"""
_HEAD, *_ROWS = (line.split() for line in _TABLE.strip().splitlines())
DARK, LIGHT, CONTRAST, COLOUR_BLIND, ANSI = (
    Palette(**{row[0]: row[column] for row in _ROWS}) for column in range(1, len(_HEAD) + 1)
)

THEME_NAME = "keyconsole-dark"
ANSI_NAME = "keyconsole-ansi"

PALETTES = {
    THEME_NAME: DARK,
    "keyconsole-light": LIGHT,
    "keyconsole-contrast": CONTRAST,
    "keyconsole-colourblind": COLOUR_BLIND,
    ANSI_NAME: ANSI,
}
"""Every theme by its name, as the settings and `KEYCONSOLE_THEME` know it."""


def fitting(name: str, environ: Mapping[str, str]) -> str:
    """The theme to draw with: the one of that name, or the terminal's own colours.

    Those where the terminal has only sixteen, into which a palette would fall anyhow, and with
    `NO_COLOR`, where they are left out as well. The terminal is asked as Rich asks it.
    """
    has_many = environ.get("COLORTERM", "").strip().lower() in {"truecolor", "24bit"} or (
        environ.get("TERM", "").endswith(("-256color", "-direct", "-kitty"))
    )
    return name if has_many and not environ.get("NO_COLOR") else ANSI_NAME


def put_on(app: CompatibleApp, name: str) -> Palette:
    """Dress the app in a theme. `NO_COLOR` leaves glyphs, words and bold, and no greys either."""
    for each, palette in PALETTES.items():
        app.register_theme(build_theme(palette, each))
    app.theme = name
    if app.no_color and PALETTES[name].is_ansi:
        kept = [each for each in app.line_filters if not isinstance(each, Monochrome)]
        app.line_filters = [NoColor(), *kept]
    return PALETTES[name]


def build_theme(palette: Palette, name: str = THEME_NAME) -> Theme:
    """The Textual theme of a palette: each role is a variable, `$brass` and so on."""
    return Theme(
        name=name,
        primary=palette.brass,
        foreground=palette.ink,
        background=palette.ground,
        surface=palette.bar,
        panel=palette.row,
        error=palette.red,
        success=palette.green,
        warning=palette.amber,
        accent=palette.brass,
        variables=variables(palette),
        dark=palette is not LIGHT,
        ansi=palette.is_ansi,
    )


def variables(palette: Palette) -> dict[str, str]:
    """The palette as CSS variables, with the few that Textual's own widgets read."""
    return asdict(palette) | {
        "over": "ansi_black" if palette.is_ansi else palette.ground,
        "ansi-background": palette.ground,
        "ansi-foreground": palette.ink,
        "scrollbar": palette.rule,
        "scrollbar-hover": palette.faint,
        "scrollbar-active": palette.brass,
        "scrollbar-background": palette.ground,
        "scrollbar-background-hover": palette.ground,
        "scrollbar-background-active": palette.ground,
        "scrollbar-corner-color": palette.ground,
        "input-cursor-background": palette.ink if palette.is_ansi else palette.brass,
        "input-cursor-foreground": palette.ground,
        # Without colours of one's own, a place is marked by turning the terminal's around.
        "input-cursor-text-style": "reverse" if palette.is_ansi else "none",
        "input-selection-background": palette.rule,
    }
