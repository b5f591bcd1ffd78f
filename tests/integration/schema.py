"""Just enough of JSON Schema, as OpenAPI 3.1 uses it, to hold an answer against the API's description."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

KINDS: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
UNDERSTOOD = {
    *("$ref", "type", "properties", "required", "additionalProperties", "items", "enum", "anyOf", "format"),
    *("minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum"),
    *("title", "description", "contentMediaType"),
}


def resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a reference within ``root`` leads to, or the schema itself."""
    while "$ref" in schema:
        found: Any = root
        for name in schema["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        schema = found
    return schema


def faults(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Yield where ``value`` is not as ``schema`` says. Fails on a word that is not understood here."""
    schema = resolved(schema, root)
    assert set(schema) <= UNDERSTOOD, set(schema) - UNDERSTOOD
    if "anyOf" in schema and all(any(faults(value, option, root, path)) for option in schema["anyOf"]):
        yield f"{path}: fits none of the options"
    kinds = schema.get("type", list(KINDS))
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if not any(isinstance(value, KINDS[kind]) and (kind == "boolean") == isinstance(value, bool) for kind in kinds):
        yield f"{path}: {value!r} is not {kinds}"
    if value not in schema.get("enum", [value]):
        yield f"{path}: {value!r} is none of {schema['enum']}"
    if schema.get("format") == "date" and isinstance(value, str):
        date.fromisoformat(value)
    if isinstance(value, list):
        for place, item in enumerate(value):
            yield from faults(item, schema.get("items", {}), root, f"{path}.{place}")
    if isinstance(value, dict):
        yield from _faults_of_fields(value, schema, root, path)


def _faults_of_fields(
    value: dict[str, Any], schema: Mapping[str, Any], root: Mapping[str, Any], path: str
) -> Iterator[str]:
    known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    for name in schema.get("required", []):
        if name not in value:
            yield f"{path}.{name} is missing"
    for name, inner in value.items():
        if name not in known and others is False:
            yield f"{path}.{name} is not described"
        else:
            yield from faults(inner, known.get(name, others), root, f"{path}.{name}")
