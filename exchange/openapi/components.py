"""JSON Schemas of everything that travels: from the types that encode and decode it, and by hand where the hand is the truth."""

import inspect
import json
from collections.abc import Iterable
from importlib import resources
from typing import Any, Final

import msgspec

from schemas.messages import Envelope
from schemas.problems import ProblemType
from schemas.words import Word

Schema = dict[str, Any]

HERE: Final = "#/components/schemas/"
PROBLEM: Final = "Problem"
_WRITTEN: Final = {"Submission": "submission.v1.json", "Receipt": "receipt.v1.json", PROBLEM: "problem.v1.json"}
"""Schemas that are written by hand and tested against good and bad examples."""


def components(types: Iterable[Any]) -> tuple[dict[Any, Schema], dict[str, Schema]]:
    """Return what describes each type in its place, and the schemas that these refer to.

    A hand-written schema stands under its name, its parts under `Name.part`; it is taken for whatever type it describes.
    """
    known = list(dict.fromkeys([*types, Envelope]))
    places, found = msgspec.json.schema_components(known, ref_template=HERE + "{name}")
    written = {name: part for name, file in _WRITTEN.items() for name, part in _written(name, file).items()}
    found = {name: _cleaned(schema) for name, schema in found.items()} | written
    found["Envelope"] = _envelope(written[f"{PROBLEM}.envelope"])
    found[f"{PROBLEM}.envelope"] = {"$ref": f"{HERE}Envelope"}
    for word in _words(known):
        found[word.__name__]["description"] = _meanings(word)
    return dict(zip(known, places, strict=True)), dict(sorted(found.items()))


def refusals(kinds: Iterable[ProblemType]) -> Schema:
    """Return the schema of a problem that is one of these."""
    types = [f"/problems/{kind.type}" for kind in kinds]
    return {"allOf": [{"$ref": HERE + PROBLEM}, {"properties": {"type": {"enum": types}}}]}


def _written(name: str, file: str) -> dict[str, Schema]:
    text = resources.files("schemas").joinpath(file).read_text("utf-8").replace('"#/$defs/', f'"{HERE}{name}.')
    schema: Schema = json.loads(text)
    parts = {f"{name}.{part}": each for part, each in schema.pop("$defs", {}).items()}
    for unneeded in ("$schema", "$id", "$comment"):
        schema.pop(unneeded, None)
    return {name: schema, **parts}


def _cleaned(schema: Schema) -> Schema:
    """Return the schema with its docstring as a text."""
    return schema | ({"description": inspect.cleandoc(schema["description"])} if "description" in schema else {})


def _envelope(written: Schema) -> Schema:
    """Return the envelope's schema, which says also what its receipt holds."""
    receipt = written["properties"]["receipt"] | {"contentMediaType": "application/json", "contentSchema": {"$ref": f"{HERE}Receipt"}}
    return written | {"properties": written["properties"] | {"receipt": receipt}}


def _words(types: Iterable[Any]) -> set[type[Word]]:
    """Return the vocabularies that these types use, however deep."""
    found: set[type[Word]] = set()

    def look(kind: Any) -> None:
        if isinstance(kind, type) and issubclass(kind, Word):
            found.add(kind)
        elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            for member in msgspec.structs.fields(kind):
                look(member.type)
        for inner in getattr(kind, "__args__", ()):
            look(inner)

    for each in types:
        look(each)
    return found


def _meanings(word: type[Word]) -> str:
    """Return a vocabulary's docstring, with what each code means."""
    said = "; ".join(f"`{each.value}` {each.zh} {each.en}" for each in word)
    return f"{inspect.cleandoc(word.__doc__ or '')}\n\n{said}"
