"""The figures as a file: a line for each week, rule and version; the filter of the page; no formula."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

from flask.testing import FlaskClient

from cds_service.hooks.override_reasons import OVERRIDE_REASONS
from cds_service.pages.figures_csv import COLUMNS, csv_file
from cds_service.records.database import Database
from cds_service.records.figures import Row
from cds_service.records.weeks import Week
from tests.figure_cards import NOW, show, tell, uuid
from tests.test_every_route import BROWSER
from tests.test_figures_page import LEBER, WEEK


def lines(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_a_file_holds_every_count_of_the_page(figures_http: FlaskClient, records: Database) -> None:
    tell(records, show(records, NOW - WEEK), NOW, "local-policy")
    tell(records, show(records, NOW - WEEK), NOW)
    card = show(records, NOW, **LEBER, knowledge_version="2")
    show(records, NOW, card=card, **LEBER, knowledge_version="2")
    show(records, NOW, shadow=True)
    tell(records, uuid(), NOW, "none")  # of a card that is not on record
    answer = figures_http.get("/feedback-figures.csv", headers=BROWSER)
    assert answer.content_type == "text/csv; charset=utf-8; header=present"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="b12-feedback-2026-W29-2027-W01.csv"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    found = lines(answer)
    assert [list(line) for line in found] == [list(COLUMNS)] * 3
    assert {name: value for name, value in found[0].items() if value != "0"} == {
        "week": "2026-W53",
        "monday": "2026-12-28",
        "over": "yes",
        "topic": "CyanocobalaminRenal",
        "rule": "T-CYANO-RENAL",
        "knowledge_version": "1",
        "shadow": "no",
        "shown": "2",
        "displays": "2",
        "accepted": "1",
        "overridden": "1",
        "overridden_local_policy": "1",
    }
    counts = [
        (line["over"], line["shadow"], line["shown"], line["displays"], line["without_feedback"]) for line in found
    ]
    assert counts[1:] == [("no", "no", "1", "2", "1"), ("no", "yes", "1", "1", "1")]


def test_the_filter_is_that_of_the_page(figures_http: FlaskClient, records: Database) -> None:
    show(records, NOW - WEEK)
    show(records, NOW, **LEBER)
    answer = figures_http.get("/feedback-figures.csv?topic=CyanocobalaminLeber&from=2026-W53")
    assert [line["rule"] for line in lines(answer)] == ["T-CYANO-LEBER"]
    assert "b12-feedback-CyanocobalaminLeber-2026-W53-2027-W01.csv" in answer.headers["Content-Disposition"]
    assert [line["week"] for line in lines(figures_http.get("/feedback-figures.csv?to=2026-W53"))] == ["2026-W53"]


def test_without_cards_the_file_is_its_first_line(figures_http: FlaskClient) -> None:
    assert figures_http.get("/feedback-figures.csv").text == ",".join(COLUMNS) + "\r\n"


def test_lines_end_as_rfc_4180_has_it_and_no_cell_is_a_formula() -> None:
    """What stands in a cell is from our own tables; a database that somebody else has written to is not trusted."""
    hostile = ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "\0x", 'a "quoted", cell', "line\nbreak"]
    week = Week.of(NOW)
    rows = [Row(week=week, rule=text, topic=text, knowledge_version=text, shadow=False, shown=1) for text in hostile]
    text = csv_file(rows, NOW)
    assert text.endswith("\r\n")
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert [row[3:6] for row in read[1:]] == [[f"'{each}"] * 3 for each in hostile[:7]] + [
        [each] * 3 for each in hostile[7:]
    ]
    assert 'a ""quoted"", cell' in text


def test_every_reason_of_a_card_has_a_column_of_its_own() -> None:
    columns = {f"overridden_{reason['code'].replace('-', '_')}" for reason in OVERRIDE_REASONS}
    assert columns < set(COLUMNS)
    assert all(COLUMNS.values())


def test_the_page_names_every_column(figures_http: FlaskClient, records: Database) -> None:
    show(records, datetime(2027, 1, 5, tzinfo=UTC))
    page = figures_http.get("/feedback-figures", headers=BROWSER).text
    assert [name for name in COLUMNS if f"<code>{name}</code>" not in page] == []
