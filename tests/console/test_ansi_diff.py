"""Fewer bytes, and cell for cell the same screen."""

import random

import pyte
from rich.color import ColorSystem
from rich.style import Style

from keyconsole.console.terminal.ansi_diff import Saving, shorter

SIZE = (40, 8)
STYLES = [
    Style.parse(each)
    for each in (
        "#c8d0dc on #0f131a", "bold #e0af68 on #0f131a", "#7d8899 on #0f131a", "strike red on blue",
        "underline #7d8899 on #1b2330", "reverse #2a3342 on #0f131a", "not bold", "bright_red",
        "bold", "dim on default", "color(120) on color(7)", "italic #c8d0dc on #1b2330",
    )
]  # fmt: skip
TEXTS = ("key", "   ", " ", "● active", "日本", "kcp_7k2m", "–", "      ")


def written(chance: random.Random) -> str:
    """Some lines and pieces of lines, as Textual writes them, and where the cursor goes."""
    text = ""
    for _ in range(chance.randrange(1, 6)):
        column, row = chance.choice((1, 1, 1, 7)), chance.randrange(1, SIZE[1] + 1)
        text += f"\x1b[{row};{column}H"
        text += "".join(
            chance.choice(STYLES).render(chance.choice(TEXTS), color_system=ColorSystem.TRUECOLOR)
            for _ in range(4)
        )
        text += chance.choice(("", "\n")) if row < SIZE[1] else ""
    return text + f"\x1b[{chance.randrange(1, 8)};{chance.randrange(1, 30)}H"


def screen_of(*texts: str) -> pyte.Screen:
    screen = pyte.Screen(*SIZE)
    stream = pyte.Stream(screen)
    for text in texts:
        stream.feed(text)
    return screen


def cells(screen: pyte.Screen) -> list[list[tuple[object, ...]]]:
    """What can be seen of each cell: of a blank only its ground, and the marks drawn on blanks."""
    shown = []
    for row in range(SIZE[1]):
        line = [screen.buffer[row][column] for column in range(SIZE[0])]
        shown.append(
            [
                (cell.bg, cell.underscore, cell.reverse and cell.fg, cell.strikethrough)
                if cell.data == " "
                else tuple(cell)
                for cell in line
            ]
        )
    return shown


def test_the_screen_is_the_same_cell_for_cell() -> None:
    chance = random.Random(7)
    for _ in range(60):
        saving, texts, fewer = Saving(), [], []
        for _ in range(12):
            texts.append(written(chance))
            fewer.append(saving.lessen(texts[-1]))
        whole, less = screen_of(*texts), screen_of(*fewer)
        assert cells(whole) == cells(less)
        assert (whole.cursor.x, whole.cursor.y) == (less.cursor.x, less.cursor.y)
        assert sum(map(len, fewer)) < sum(map(len, texts))


def test_a_line_that_is_there_is_not_written_again() -> None:
    saving = Saving()
    line = f"\x1b[3;1H{STYLES[0].render('api-gateway')}\x1b[1;1H"
    assert "api-gateway" in saving.lessen(line)
    assert saving.lessen(line) == "\x1b[1;1H"
    assert "api-gateway" in saving.lessen(line.replace("3;1H", "4;1H", 1))
    saving.lessen(f"\x1b[3;5H{STYLES[1].render('x')}\x1b[1;1H")
    assert "api-gateway" in saving.lessen(line)


def test_a_terminal_that_may_not_have_it_gets_all_of_it() -> None:
    saving = Saving()
    line = f"\x1b[3;1H{STYLES[0].render('api-gateway')}\x1b[1;1H"
    for sequence in ("\x1b[?1049h", "\x1b[2J", ""):
        saving.lessen(line)
        saving.lessen(sequence) if sequence else saving.forget()
        assert "api-gateway" in saving.lessen(line)


def test_what_is_not_written_as_textual_does_is_left_alone() -> None:
    for text in ("", "plain", "\x1b[?2026h", "\x1b]52;c;aGk=\x07", "\x1b[1m\x1b[4mboth\x1b[0m"):
        assert shorter(text) == text
        assert Saving().lessen(text) == text
