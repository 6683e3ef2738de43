"""`python -m keyconsole` is the `keyconsole` command."""

from keyconsole.cli import main

if __name__ == "__main__":
    main()
