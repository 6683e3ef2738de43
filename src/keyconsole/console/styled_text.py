"""Text with roles, drawn without markup.

A run is a text and the roles it plays (`"brass bold"`). Nothing here parses what it is given:
a label that looks like markup is drawn as it is.
"""

import re
from collections.abc import Iterable, Sequence

from rich.cells import cached_cell_len, cell_len, set_cell_size
from textual.content import Content

from keyconsole.text.glyphs import GLYPHS as GLYPHS
from keyconsole.text.glyphs import spark as spark
from keyconsole.text.glyphs import status_run as status_run
from keyconsole.text.runs import Line as Line
from keyconsole.text.runs import Run as Run

_WORD = re.compile(r"\s*\S+\s*$|\s*\S+|\s+")
_ON_FILL = {"ground": "over"}  # letters cut out of a filled box: no ground of the terminal's own
_ATTRIBUTES = frozenset({"bold", "strike", "underline", "italic", "reverse"})


def style(roles: str, ground: str = "") -> str:
    """The roles of a run as a Textual style: `"brass bold"` is `$brass bold`."""
    words = [
        word if word in _ATTRIBUTES else f"${_ON_FILL.get(word, word)}" for word in roles.split()
    ]
    if ground:
        words.append(f"on ${ground}")
    return " ".join(words)


def draw(*runs: Run | str) -> Content:
    """One piece of text from runs; a bare string is ordinary ink."""
    parts = [(run, "$ink") if isinstance(run, str) else (run[0], _style(run[1])) for run in runs]
    return Content.assemble(*parts)


def _style(roles: str) -> str:
    words, _, ground = roles.partition(" on ")
    return style(words, ground)


def stack(lines: Iterable[Content]) -> Content:
    """Several lines as one block."""
    return Content("\n").join(lines)


def width(line: Iterable[Run]) -> int:
    """Returns the number of cells that a line takes."""
    return sum(cell_len(text) for text, _ in line)


def forget() -> None:
    """Forget every text that was measured; Rich keeps the last 4,096 of them."""
    cached_cell_len.cache_clear()


def fit(line: Line, cells: int, *, right: bool = False) -> list[Run]:
    """A line cut with an ellipsis, or padded, to exactly `cells` cells."""
    spare = cells - width(line)
    if spare >= 0:
        pad = (" " * spare, "")
        return [pad, *line] if right else [*line, pad]
    return [*cut(line, cells - 1), ("…", line[-1][1] if line else "")] if cells > 0 else []


def cut(line: Line, cells: int) -> list[Run]:
    """The first `cells` cells of a line; a wide character that would be halved is a space."""
    kept: list[Run] = []
    for text, roles in line:
        size = cell_len(text)
        if size <= cells:
            kept.append((text, roles))
            cells -= size
            continue
        if cells > 0:
            kept.append((set_cell_size(text, cells), roles))
        break
    return kept


def widest(texts: Sequence[str], cells: int) -> str:
    """Returns the first of `texts` that takes at most `cells` cells, or the last one."""
    return next((text for text in texts if cell_len(text) <= cells), texts[-1])


def shorten(text: str, cells: int) -> str:
    """A text that takes at most `cells` cells, cut with an ellipsis."""
    if cell_len(text) <= cells:
        return text
    return set_cell_size(text, max(0, cells - 1)).rstrip() + "…"


def hang(title: str, line: Line, cells: int, *, indent: int = 16, role: str = "dim") -> Content:
    """A title and what belongs to it, wrapped by words within `cells`, the title standing out."""
    runs: list[Run] = [(f"{title:<{indent}}", role)]
    column = indent
    for text, roles in line:
        whole = cell_len(text.strip()) <= cells - indent < column - indent + cell_len(text)
        for word in [text] if whole else _WORD.findall(text):
            size = cell_len(word)
            if column > indent and column + len(word.rstrip()) > cells:
                runs.append(("\n" + " " * indent, ""))
                column, word = indent, word.lstrip()
                size = cell_len(word)
            while size > max(8, cells - indent):
                head = set_cell_size(word, max(8, cells - indent))
                runs.append((head + "\n" + " " * indent, roles))
                word = word[len(head.rstrip()) :]
                size = cell_len(word)
            runs.append((word, roles))
            column += size
    return draw(*runs)
