"""The table of the protocol: every requirement of CDS Hooks, where it is met and which test proves it.

`python -m tests.requirements` writes docs/conformance.md from requirements.toml and the assertions of the tester.
"""

import ast
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cds_service.conformance.assertion import load_assertions

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "conformance.md"
COUNT = 96
LEVELS = ("SHALL", "SHOULD", "MAY", "gap", "detail")
# Whom a requirement can bind; those that no program can meet need a note instead of a test.
BINDS = ("service", "client", "operator", "reader")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row. met: files. tests: pytest nodes, file::function. note: what is weaker, or why there is no test."""

    id: str
    level: str
    says: str
    met: tuple[str, ...]
    tests: tuple[str, ...]
    binds: str = "service"
    note: str = ""


def requirements() -> tuple[Requirement, ...]:
    """The rows in the order of their numbers."""
    rows = tomllib.loads((Path(__file__).parent / "requirements.toml").read_text("utf-8"))
    return tuple(_row(name, row) for name, row in rows.items())


def _row(name: str, row: dict[str, Any]) -> Requirement:
    lists = {part: tuple(row.pop(part)) for part in ("met", "tests")}
    return Requirement(id=name, **row, **lists)


@cache
def functions(file: str) -> frozenset[str]:
    """Names of the test functions in a file, none where there is no such file."""
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def markdown() -> str:
    """docs/conformance.md."""
    rows = requirements()
    proven = sum(bool(row.tests) for row in rows)
    lines = [
        "# Conformance to CDS Hooks",
        "",
        "Made by `python -m tests.requirements`; a test keeps it fresh. The 96 requirements of CDS Hooks 1.0, 2.0.1",
        "and 3.0-ballot that a service meets, relies on or must survive the breach of; `gap`: the texts are silent and",
        "the project decided. Where the row binds the client, the test shows what the service does when it is broken.",
        "",
        f"{proven} of {len(rows)} have a test of their own; the others say why not.",
        "",
        "| requirement | level | binds | what it asks | where it is met | test |",
        "|---|---|---|---|---|---|",
        *map(_line, rows),
        "",
        "## What the tester asserts",
        "",
        "`cobalamin-cds conformance URL` asserts these 76 of any CDS Hooks service. A decision of this project",
        "or a client profile stands above an assertion; a line that could not be tested is NOT SEEN, never green.",
        "",
        "| assertion | level | what is asserted | rests on |",
        "|---|---|---|---|",
        *(
            f"| {each.group}{each.number} | {each.level} | {each.text} | {', '.join(each.requirements) or 'practice'} |"
            for each in load_assertions().values()
        ),
        "",
    ]
    return "\n".join(lines)


def _line(row: Requirement) -> str:
    met = ", ".join(f"[{Path(file).name}](../{file})" for file in row.met)
    tests = "<br>".join(_test(node) for node in row.tests)
    proof = "<br>".join(text for text in (tests, row.note) if text)
    cells = (row.id, row.level, row.binds, row.says, met, proof)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _test(node: str) -> str:
    file, _, function = node.partition("::")
    return f"[{function}](../{file})"


def main() -> int:
    """Write docs/conformance.md."""
    TARGET.write_text(markdown(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
