"""Counts lines of code by package, without docstrings, comments and blank lines.

    make count                 src and tests
    make count ARGS=--long     also every file above 300 lines and every class above 200

A line counts if a token of code starts or continues on it; a docstring is the string that `ast`
finds first in a module, class or function.
"""

import ast
import io
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LONG_FILE, LONG_CLASS = 300, 200
_NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}
_Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def lines_of_code(source: str) -> int:
    """Returns the number of lines of `source` that hold code."""
    code = {
        line
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type not in _NO_CODE
        for line in range(token.start[0], token.end[0] + 1)
    }
    return len(code - set(_docstring_lines(ast.parse(source))))


def _docstring_lines(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, _Documented) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                yield from range(first.lineno, (first.end_lineno or first.lineno) + 1)


def _long(path: Path, source: str) -> Iterator[str]:
    name = path.relative_to(ROOT)
    if (length := len(source.splitlines())) > LONG_FILE:
        yield f"{length:5} {name}"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONG_CLASS:
                yield f"{length:5} {name}: {node.name}"


def main() -> None:
    """Print the table, and what is long if that is asked for."""
    for top in ("src/keyconsole", "tests"):
        counted: Counter[str] = Counter()
        long: list[str] = []
        for path in sorted((ROOT / top).rglob("*.py")):
            source = path.read_text()
            parts = path.relative_to(ROOT / top).parts
            counted[parts[0] if len(parts) > 1 else "."] += lines_of_code(source)
            long += _long(path, source)
        for package, lines in counted.most_common():
            print(f"{lines:7,} {top}/{package}")
        print(f"{counted.total():7,} {top}\n")
        if "--long" in sys.argv:
            print("\n".join(sorted(long, reverse=True)), "\n")


if __name__ == "__main__":
    main()
