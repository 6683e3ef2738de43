"""The palette: a name for each role that a colour plays, so that every theme keeps them."""

from dataclasses import asdict, dataclass

from textual.theme import Theme


@dataclass(frozen=True, slots=True)
class Palette:
    """One colour a role, as `#rrggbb`. `ink` is text, `dim` secondary, `faint` what is off."""

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


DARK = Palette(
    ground="#0f131a",
    bar="#141a23",
    row="#1b2330",
    rule="#2a3342",
    ink="#c8d0dc",
    dim="#7d8899",
    faint="#5b6779",
    brass="#e0af68",
    green="#8fc17d",
    amber="#e0af68",
    blue="#6fa8dc",
    red="#f0707c",
    danger="#8c1d2b",
    notice="#1e1b16",
)

THEME_NAME = "keyconsole-dark"


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
    )


def variables(palette: Palette) -> dict[str, str]:
    """The palette as CSS variables, with the few that Textual's own widgets read."""
    return asdict(palette) | {
        "scrollbar": palette.rule,
        "scrollbar-hover": palette.faint,
        "scrollbar-active": palette.brass,
        "scrollbar-background": palette.ground,
        "scrollbar-background-hover": palette.ground,
        "scrollbar-background-active": palette.ground,
        "scrollbar-corner-color": palette.ground,
        "input-cursor-background": palette.brass,
        "input-cursor-foreground": palette.ground,
        "input-cursor-text-style": "none",
        "input-selection-background": palette.rule,
    }
