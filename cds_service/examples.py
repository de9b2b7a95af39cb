"""The requests that are shipped, dated from today. Knows their files in demo_requests/ ("@today-21d"), and no HTTP."""

import json
import re
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

_RELATIVE = re.compile(r"@today-(\d+)([dy])")


@dataclass(frozen=True, slots=True)
class Example:
    """One shipped request. id: the name of its file. title: the order and what matters of the patient, in a line."""

    id: str
    title: str
    body: dict[str, Any]


def examples(today: date) -> tuple[Example, ...]:
    """Every shipped request, in order, dated from today."""
    found = []
    folder = files("cds_service").joinpath("demo_requests")
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.name.endswith(".json"):
            text = _RELATIVE.sub(lambda match: _before(today, match), item.read_text("utf-8"))
            content = json.loads(text)
            found.append(Example(item.name.removesuffix(".json"), content["title"], content["request"]))
    return tuple(found)


def _before(today: date, match: re.Match[str]) -> str:
    if match[2] == "d":
        return (today - timedelta(days=int(match[1]))).isoformat()
    year = today.year - int(match[1])
    # Born on the first of the month: a 29 February has no anniversary in most years.
    return today.replace(year=year, day=1).isoformat()
