"""The figures as a file: one line for each week, rule and knowledge version. Knows RFC 4180 and spreadsheets."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from cds_service.pages.figures_tables import REASONS, known_reasons
from cds_service.records.figures import Row

_REASON_COLUMNS: Final = {code: f"overridden_{code.replace('-', '_')}" for code in REASONS}
# Each column in its place, and what it holds
COLUMNS: Final = {
    "week": "week of ISO 8601 in which the cards were first shown, in UTC; a week without cards has no line",
    "monday": "the day on which it began",
    "over": "yes, or no where further cards may come to it",
    "topic": "code of what the cards are about",
    "rule": "id of the rule that spoke",
    "knowledge_version": "version of the knowledge that it spoke from",
    "shadow": "yes where the cards were counted and not sent, else no",
    "shown": "cards; one that was sent again for the same call is one",
    "displays": "how often they were sent, repeats included",
    "accepted": "cards of which a suggestion was taken",
    "overridden": "cards that were overridden",
    "without_feedback": "cards of which nothing is known; they were not rejected",
} | {column: f"overridden: {REASONS[code].lower()}" for code, column in _REASON_COLUMNS.items()}
# A spreadsheet takes a cell that begins so for a formula (OWASP ASVS 5.0, 1.2.10)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\0")


def csv_file(rows: Iterable[Row], at: datetime) -> str:
    """Lines end in CRLF, and the first names the columns."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([_cell(each) for each in _line(row, at)] for row in rows)
    return file.getvalue()


def _line(row: Row, at: datetime) -> Iterator[str | int]:
    yield from (str(row.week), row.week.monday.isoformat(), _said(row.week.end <= at))
    yield from (row.topic, row.rule, row.knowledge_version, _said(row.shadow))
    yield from (row.shown, row.displays, row.accepted, row.overridden, row.unanswered)
    reasons = known_reasons(row)
    yield from (reasons.get(code, 0) for code in _REASON_COLUMNS)


def _said(true: bool) -> str:
    return "yes" if true else "no"


def _cell(value: str | int) -> str | int:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
