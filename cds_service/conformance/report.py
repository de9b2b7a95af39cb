"""An outcome for a person, a program and a build server. Knows tables, JSON and JUnit XML; no assertion."""

import json
from collections.abc import Iterator
from itertools import groupby, zip_longest
from typing import Final, TextIO
from xml.etree import ElementTree as ET

from cds_service.conformance.assertion import Verdict
from cds_service.conformance.run import GROUPS, Outcome, Result
from cds_service.terminal import Screen

_STYLES: Final = {
    Verdict.PASS: "green",
    Verdict.WARN: "yellow",
    Verdict.FAIL: "bold red",
    Verdict.NOT_SEEN: "dim",
}
_TITLES: Final = {group.letter: group.title for group in GROUPS}
_TITLE: Final = 56
# Where less than this is left of a line, what was seen is left out.
_SMALLEST: Final = 20
_ENDLESS: Final = 100_000
_NAME_OF_THE_SUITE: Final = "CDS Hooks conformance"
_SILENT: Final = (
    "NO CARD CAME: what is asserted of cards, suggestions and links was not tested. Give requests that raise cards "
    "with --request FILE."
)


def as_table(outcome: Outcome, stream: TextIO) -> None:
    """One line for each requirement; beneath a line, what is to be known of one that did not pass."""
    screen = Screen(stream)
    screen.line((f"{_NAME_OF_THE_SUITE} of {outcome.url}", "bold"))
    screen.line((f"profile {outcome.profile}", "dim"))
    for letter, results in groupby(outcome.results, key=lambda result: result.assertion.group):
        screen.line()
        screen.line((f"{letter}  {_TITLES[letter]}", "bold"))
        group = list(results)
        for result, following in zip_longest(group, group[1:]):
            _row_of_table(screen, result, following)
    screen.line()
    for note in outcome.notes:
        screen.wrapped(note, style="yellow")
    if outcome.silent:
        screen.wrapped(_SILENT, style="bold red")
    screen.line(*_summary(outcome))


def _row_of_table(screen: Screen, result: Result, following: Result | None) -> None:
    """A reason that holds for several lines one after the other is told once, beneath the last."""
    assertion, found = result.assertion, result.finding
    style = _STYLES[found.verdict]
    start = (f"{assertion.number:>3}  ", f"{found.verdict.value:<8}  ", f"{assertion.level.value:<6}  ")
    # In a file or a pipe a row is as long as it is: one line for each requirement, to be searched
    room = screen.width - sum(map(len, start)) - _TITLE - 2 if screen.terminal else _ENDLESS
    said = ""
    if found.verdict is Verdict.PASS and room >= _SMALLEST:
        said = found.said if len(found.said) <= room else f"{found.said[: room - 3]}..."
    title = f"{assertion.title:<{_TITLE}}  " if said else assertion.title
    screen.line((start[0], "dim"), (start[1], style), (start[2], "dim"), title, (said, "dim"))
    if found.verdict is not Verdict.PASS and (following is None or following.finding != found):
        screen.wrapped(found.said, " " * 5, style=style)


def _summary(outcome: Outcome) -> Iterator[tuple[str, str]]:
    for verdict, one, more in (
        (Verdict.PASS, "passed", "passed"),
        (Verdict.FAIL, "failed", "failed"),
        (Verdict.WARN, "warning", "warnings"),
        (Verdict.NOT_SEEN, "not seen", "not seen"),
    ):
        count = outcome.count(verdict)
        yield f"{count} {one if count == 1 else more}, ", _STYLES[verdict] if count else "dim"
    yield f"{outcome.requests} requests in {outcome.seconds:.1f} s", "dim"


def as_json(outcome: Outcome) -> str:
    """The same for a program."""
    document = {
        "url": outcome.url,
        "profile": outcome.profile,
        "failed": outcome.failed,
        "silent": outcome.silent,
        "summary": {verdict.name.lower(): outcome.count(verdict) for verdict in Verdict},
        "requests": outcome.requests,
        "seconds": round(outcome.seconds, 3),
        "notes": list(outcome.notes),
        "assertions": [_row(result) for result in outcome.results],
    }
    return json.dumps(document, indent=2)


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
