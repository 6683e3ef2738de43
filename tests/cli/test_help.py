"""What --help says: whole sentences, and nothing that only the library understands."""

import click
import pytest
from tests.cli.conftest import Run
from tests.cli.test_commands import leaves

from keyconsole.cli.root import keyconsole


def groups(command: click.Command, *path: str) -> list[list[str]]:
    """Every group by its words."""
    if not isinstance(command, click.Group):
        return []
    context = click.Context(command)
    children = ((name, command.get_command(context, name)) for name in sorted(command.commands))
    loaded = [(name, child) for name, child in children if child is not None]
    return [list(path), *(each for name, child in loaded for each in groups(child, *path, name))]


def every_group() -> list[list[str]]:
    list(leaves(keyconsole))  # loads them all
    return groups(keyconsole)


@pytest.mark.parametrize("words", every_group(), ids=lambda words: " ".join(words) or "keyconsole")
def test_no_sentence_of_a_list_of_commands_is_cut_off(words: list[str], run: Run) -> None:
    done = run(*words, "--help")

    assert done.code == 0
    assert "Commands:" in done.out
    assert "..." not in done.out


@pytest.mark.parametrize("words", list(leaves(keyconsole)))
def test_no_mark_of_the_library_is_left_in_a_text(words: str, run: Run) -> None:
    done = run(*words.split(), "--help")

    assert done.code == 0
    assert "\\b" not in done.out
    assert "\b" not in done.out
