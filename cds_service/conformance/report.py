"""An outcome for a person, a program and a build server. Knows tables, JSON and JUnit XML; no assertion."""

import json
from itertools import groupby, zip_longest
from typing import Final, TextIO
from xml.etree import ElementTree as ET

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cds_service.conformance.assertion import Verdict
from cds_service.conformance.run import GROUPS, Outcome, Result

_STYLES: Final = {
    Verdict.PASS: "green",
    Verdict.WARN: "yellow",
    Verdict.FAIL: "bold red",
    Verdict.NOT_SEEN: "dim",
}
_TITLES: Final = {group.letter: group.title for group in GROUPS}
# Beyond this, what was seen has a column of its own.
_WIDE: Final = 110
# Number, verdict, level, title.
_COLUMNS: Final = (3, 8, 6, 56)
_NAME_OF_THE_SUITE: Final = "CDS Hooks conformance"


def as_table(outcome: Outcome, stream: TextIO) -> None:
    """One line for each requirement; beneath a line, what is to be known of one that did not pass."""
    console = Console(file=stream, highlight=False, soft_wrap=False, width=None if stream.isatty() else 120)
    console.print(
        Text(f"{_NAME_OF_THE_SUITE} of {outcome.url}"), Text(f"profile {outcome.profile}\n", style="dim"), sep="\n"
    )
    for letter, results in groupby(outcome.results, key=lambda result: result.assertion.group):
        console.print(Text(f"{letter}  {_TITLES[letter]}", style="bold"))
        group = list(results)
        for result, following in zip_longest(group, group[1:]):
            _line(console, result)
            # A reason that holds for several lines one after the other is told once, beneath the last
            if result.finding.verdict is not Verdict.PASS and not _as_before(result, following):
                console.print(_beneath(result.finding.said, _STYLES[result.finding.verdict]))
        console.print()
    _summary(console, outcome)


def _line(console: Console, result: Result) -> None:
    found, wide = result.finding, console.width >= _WIDE
    passed = found.verdict is Verdict.PASS
    table = Table.grid(padding=(0, 2, 0, 0))
    for width in _COLUMNS:
        table.add_column(width=width, no_wrap=True, justify="right" if width == 3 else "left")
    cells = [
        Text(str(result.assertion.number), style="dim"),
        Text(found.verdict.value, style=_STYLES[found.verdict]),
        Text(result.assertion.level.value, style="dim"),
        Text(result.assertion.title),
    ]
    if wide and passed:
        seen = Text(found.said, style="dim")
        # Cut here: a table takes the room for a long text from every other column too
        seen.truncate(console.width - sum(_COLUMNS) - 2 * len(_COLUMNS) - 1, overflow="ellipsis")
        table.add_column(no_wrap=True)
        cells.append(seen)
    table.add_row(*cells)
    console.print(table)


def _as_before(result: Result, following: Result | None) -> bool:
    return following is not None and result.finding == following.finding


def _beneath(said: str, style: str) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=3)
    table.add_column(overflow="fold")
    table.add_row("", Text(said, style=style))
    return table


def _summary(console: Console, outcome: Outcome) -> None:
    counts = {verdict: outcome.count(verdict) for verdict in Verdict}
    text = Text()
    for verdict, name in (
        (Verdict.PASS, "passed"),
        (Verdict.FAIL, "failed"),
        (Verdict.WARN, "warnings"),
        (Verdict.NOT_SEEN, "not seen"),
    ):
        text.append(f"{counts[verdict]} {name}", style=_STYLES[verdict] if counts[verdict] else "dim")
        text.append("  ")
    text.append(f"{outcome.requests} requests in {outcome.seconds:.1f} s", style="dim")
    console.print(text)


def as_json(outcome: Outcome) -> str:
    """The same for a program."""
    document = {
        "url": outcome.url,
        "profile": outcome.profile,
        "conformant": not outcome.failed,
        "summary": {verdict.name.lower(): outcome.count(verdict) for verdict in Verdict},
        "requests": outcome.requests,
        "seconds": round(outcome.seconds, 3),
        "assertions": [_row(result) for result in outcome.results],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _row(result: Result) -> dict[str, object]:
    assertion, found = result.assertion, result.finding
    row: dict[str, object] = {
        "number": assertion.number,
        "group": assertion.group,
        "level": assertion.level.value,
        "verdict": found.verdict.name,
        "title": assertion.title,
        "text": assertion.text,
        "requirements": list(assertion.requirements),
        "said": found.said,
    }
    return row | ({"faults": list(found.faults)} if found.faults else {})


def as_junit(outcome: Outcome) -> bytes:
    """JUnit XML: a failed SHALL is a failure, what was not seen is skipped, a warning passes with its text."""
    suites = ET.Element("testsuites", name=_NAME_OF_THE_SUITE)
    for letter, grouped in groupby(outcome.results, key=lambda result: result.assertion.group):
        results = list(grouped)
        suite = ET.SubElement(
            suites,
            "testsuite",
            name=f"{letter} {_TITLES[letter]}",
            tests=str(len(results)),
            failures=str(sum(result.finding.verdict is Verdict.FAIL for result in results)),
            errors="0",
            skipped=str(sum(result.finding.verdict is Verdict.NOT_SEEN for result in results)),
            time="0",
        )
        for result in results:
            _case(suite, result)
    suites.set("tests", str(len(outcome.results)))
    suites.set("failures", str(outcome.count(Verdict.FAIL)))
    suites.set("errors", "0")
    suites.set("time", f"{outcome.seconds:.3f}")
    ET.indent(suites)
    written: bytes = ET.tostring(suites, encoding="utf-8", xml_declaration=True)
    return written


def _case(suite: ET.Element, result: Result) -> None:
    assertion, found = result.assertion, result.finding
    name = f"{assertion.number} {assertion.level.value} {assertion.title}"
    case = ET.SubElement(suite, "testcase", classname=f"conformance.{assertion.group}", name=name, time="0")
    match found.verdict:
        case Verdict.FAIL:
            ET.SubElement(case, "failure", message=_plain(found.said)).text = _plain("\n".join(found.faults))
        case Verdict.NOT_SEEN:
            ET.SubElement(case, "skipped", message=_plain(found.said))
        case Verdict.WARN:
            ET.SubElement(case, "system-out").text = _plain("\n".join(("warning", *found.faults)))
        case Verdict.PASS:
            ET.SubElement(case, "system-out").text = _plain(found.said)


def _plain(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return "".join(each for each in text if each == "\n" or each.isprintable())
