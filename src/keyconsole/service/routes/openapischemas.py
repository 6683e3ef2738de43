"""Corrections of the schemas that the framework writes, for generators of clients."""

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any

from keyconsole import wire
from keyconsole.service.store.key_pages import KeySort

_REF = "#/components/schemas/"
_MOST = 2**63 - 1


def correct(document: dict[str, Any], requests: Iterable[str]) -> None:
    """Make bounds of integers exact; name pages and the members of enums as a person would.

    The schemas of `requests` lose their defaults.
    """
    schemas = document["components"]["schemas"]
    titles = {name: schemas[name]["title"] for name in schemas if name.startswith("Page_")}
    for name, title in titles.items():
        schemas[title] = schemas.pop(name)
    for node in _objects(document):
        name = str(node.get("$ref", "")).removeprefix(_REF)
        if name in titles:
            node["$ref"] = _REF + titles[name]
        if node.get("type") == "integer":
            _correct_bounds(node)
    for name in requests:
        for field in schemas[name].get("properties", {}).values():
            _take_default(field)
    for kind in _enums():
        if kind.__name__ in schemas:
            # `audit:read` and `-label` are no names in any language.
            schemas[kind.__name__]["x-enum-varnames"] = [member.name for member in kind]


def _take_default(field: dict[str, Any]) -> None:
    """Say a default in words: generators take a field that has one for needed."""
    default = field.pop("default", None)
    if default:
        field["description"] = f"`{default}` where it is left out."


def _correct_bounds(schema: dict[str, Any]) -> None:
    """Make integers of bounds, which the framework writes as floats."""
    for bound in ("minimum", "maximum"):
        if bound in schema:
            schema[bound] = min(int(schema[bound]), _MOST)
    if schema.get("maximum") == _MOST:
        schema["format"] = "int64"


def _objects(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from _objects(each)


def _enums() -> Iterator[type[Enum]]:
    for found in (KeySort, *vars(wire).values()):
        if isinstance(found, type) and issubclass(found, Enum):
            yield found
