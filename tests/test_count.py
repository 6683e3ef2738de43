"""What `make count` counts."""

from tests.runs.count import lines_of_code

SOURCE = '''"""A docstring

of three lines."""

import os  # a comment beside code

# a comment alone


def function() -> str:
    """Says so."""
    return """a string
    of two lines"""
'''


def test_docstrings_comments_and_blank_lines_are_no_code() -> None:
    assert lines_of_code(SOURCE) == 4


def test_a_string_that_is_used_is_code() -> None:
    assert lines_of_code('x = """a\nb\n"""\n') == 3
