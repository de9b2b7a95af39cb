"""The JSON Schemas of requests and answers, read from schemas/*.json. Knows where they lie, and no JSON Schema."""

import json
from importlib.resources import files
from typing import Any, Final


def _read() -> dict[str, dict[str, Any]]:
    folder = files(__package__).joinpath("schemas")
    found = {item.name: item.read_text("utf-8") for item in folder.iterdir() if item.name.endswith(".json")}
    return {name.removesuffix(".json"): json.loads(found[name]) for name in sorted(found)}


# Name of the file without .json -> its content. A schema names a part of another as "call.json#/$defs/patientId".
SCHEMAS: Final = _read()
