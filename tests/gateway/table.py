"""The table of docs/gateways.md: `python -m tests.gateway.table` measures it and draws it again."""

import math
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.gateway.measuring import CASES, Cell, gateways_at, measured, service_at
from tests.gateway.products import HERE, PRODUCTS

PAGE = HERE.with_suffix(".md")
BEGIN, END = "<!-- measured -->\n", "<!-- /measured -->"
EVERYONE = "all"
LIMITS = (2, 5)
"""Seconds that the table tells apart."""
_HEAD = (
    "| Case | Gateway | Status | Body | What is protected learns | Seconds |\n"
    "|---|---|---|---|---|---|\n"
)

Cells = Mapping[str, Mapping[str, Cell]]
"""Of each gateway, by case."""


def drawn(cells: Cells) -> str:
    """Returns the table: gateways that do the same in a case share a line."""
    lines = [_HEAD]
    for case in CASES:
        groups: dict[str, list[str]] = {}
        for name, of_gateway in cells.items():
            cell = of_gateway[case]
            limit = next((most for most in LIMITS if cell.seconds < most), math.inf)
            line = f"{cell.status} | {cell.body} | {cell.saw} | < {limit} |\n"
            groups.setdefault(line, []).append(name)
        for line, names in groups.items():
            who = EVERYONE if len(groups) == 1 else ", ".join(names)
            lines.append(f"| {case} | {who} | {line}")
    return "".join(lines)


def read() -> Cells:
    """Returns what the page says; its seconds are limits."""
    cells: dict[str, dict[str, Cell]] = {product.name: {} for product in PRODUCTS}
    rows = PAGE.read_text().partition(BEGIN)[2].partition(END)[0].splitlines()[2:]
    for row in rows:
        case, who, status, body, saw, seconds = row.strip("| ").split(" | ")
        for name in cells if who == EVERYONE else who.split(", "):
            cells[name][case] = Cell(int(status), body, saw, float(seconds[2:]))
    return cells


def main() -> None:
    """Measures every gateway, all of which have to be installed, and writes the table."""
    if missing := [product.missing for product in PRODUCTS if product.missing]:
        raise SystemExit("\n".join(missing))
    with (
        tempfile.TemporaryDirectory() as scratch,
        service_at(Path(scratch)) as service,
        gateways_at(service) as gateways,
    ):
        cells = measured(gateways).cells
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(before + BEGIN + drawn(cells) + END + rest.partition(END)[2])


if __name__ == "__main__":
    main()
