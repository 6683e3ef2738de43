"""Opens the console for Textual's devtools: `make dev`, with `textual console` in another terminal.

The console removes every `TEXTUAL_*` variable when it starts, since some of them write what is on
the screen to other places. Here they are wanted, on the sample keys of `keyconsole demo`.
"""

from keyconsole.cli import main, terminal


def keep_variables() -> None:
    """Stands in for `drop_textual_variables`."""


if __name__ == "__main__":
    setattr(terminal, "drop_textual_variables", keep_variables)  # noqa: B010
    main()
