"""The schedule of each regimen: page, picture and calendar say the same, and what cannot be used is named."""

import html
import re
from datetime import date, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import pytest
from flask.testing import FlaskClient

from cds_service.clinical.first_year import Check
from cds_service.knowledge.tables import load
from cds_service.pages.schedule import FORMS, forms_of
from cds_service.pages.schedule_rows import CHECKS, FOR_WHOM
from tests import answers
from tests.test_calendar_file import read_events

LIBRARY = load()
REGIMENS = LIBRARY.knowledge.regimens
EVERY = pytest.mark.parametrize("key", REGIMENS)


@cache
def client() -> FlaskClient:
    return answers.service()


def shown(key: str, **query: str) -> str:
    answer = client().get(f"/schedule/{key}", query_string=query)
    assert answer.status_code == 200
    assert answer.content_type == "text/html; charset=utf-8"
    return html.unescape(answer.text)


def calendar(key: str, **query: str) -> list[dict[str, str]]:
    answer = client().get(f"/schedule/{key}.ics", query_string=query)
    assert (answer.status_code, answer.content_type) == (200, "text/calendar; charset=utf-8")
    return read_events(answer.data)


def table(page: str) -> list[list[str]]:
    (body,) = re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
    cells = [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL) for row in body.split("</tr>")[:-1]]
    return [[re.sub("<[^>]+>", "", cell) for cell in row] for row in cells]


@EVERY
def test_the_picture_is_xml_with_a_title_and_no_style_of_its_own(key: str) -> None:
    answer = client().get(f"/schedule/{key}")
    assert len(answer.data) < 60_000
    pictures = re.findall(r"<svg.*?</svg>", answer.text, re.DOTALL)
    root = ET.fromstring(pictures[0])  # noqa: S314  # our own
    assert {"title", "desc", "defs"} <= {child.tag for child in root}
    for picture in map(ET.fromstring, pictures):
        assert all("style" not in each.attrib for each in picture.iter())
    height = float(root.attrib["viewBox"].split()[3])
    for each in root.iter("text"):
        assert 0 <= float(each.attrib["x"]) <= 780
        assert 0 < float(each.attrib["y"]) < height


@EVERY
def test_the_table_has_a_source_in_every_row_and_says_who_has_not_signed(key: str) -> None:
    page = shown(key)
    assert "Not yet signed by a clinician." in page
    rows = table(page)
    assert all(len(row) == 4 and all(cell.strip() for cell in row) for row in rows)
    assert REGIMENS[key].text in page
    labels = [source.label for source in LIBRARY.sources.values()]
    assert all(any(label in row[3] for label in labels) for row in rows)


@EVERY
def test_the_calendar_has_the_dated_rows_of_the_table(key: str) -> None:
    events, rows = calendar(key, start="2027-01-31"), table(shown(key, start="2027-01-31"))
    days = [date.fromisoformat(event["DTSTART;VALUE=DATE"]) for event in events]
    said = [row[0] for row in rows if "No day" not in row[0] and ", every" not in row[0]]
    assert len(events) == len(said)
    for day in days:
        text = f"{day:%a} {day.day} {day:%b %Y}"
        assert any(each.removeprefix("From ").startswith(text) for each in said)
    assert len({event["UID"] for event in events}) == len(events)
    for event in events:
        assert "Not yet signed by a clinician." in event["DESCRIPTION"]
        assert event["SUMMARY"].startswith("Vitamin B12")


def test_doses_of_a_fixed_number_are_counted_and_others_are_not() -> None:
    summaries = [event["SUMMARY"] for event in calendar("loading_non_neurological", start="2026-11-23")]
    assert "Vitamin B12 injection, dose 3 of 6" in summaries
    late = "Vitamin B12 injection, maintenance dose 1: from this day, at the latest Thu 4 Mar 2027"
    assert late in summaries
    events = calendar("loading_neurological", start="2026-11-23")
    series = {event["SUMMARY"]: event["RRULE"] for event in events if "RRULE" in event}
    assert list(series.values()) == ["FREQ=DAILY;INTERVAL=2", "FREQ=DAILY;INTERVAL=28"]
    assert not any("dose" in event["SUMMARY"] for event in events)
    assert "No number of doses and no last day is fixed." in shown("loading_neurological")


def test_twice_a_week_is_a_series_of_two_weekdays() -> None:
    (event,) = calendar("optic_twice_weekly", start="2026-11-27")
    assert event["RRULE"] == "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,FR"


def test_a_second_import_replaces_the_first() -> None:
    one, again = (calendar("maintenance_monthly", start="2027-01-31") for _ in range(2))
    assert one == again
    other = calendar("maintenance_monthly", start="2027-02-01")
    assert {event["UID"] for event in one}.isdisjoint(event["UID"] for event in other)


def test_it_begins_today_unless_it_is_told() -> None:
    assert calendar("oral_daily")[0]["DTSTART;VALUE=DATE"] == answers.TODAY.strftime("%Y%m%d")
    tomorrow = answers.TODAY + timedelta(days=1)
    assert f'value="{tomorrow}"' in shown("oral_daily", start=tomorrow.isoformat())


@pytest.mark.parametrize("start", ["1999-12-31", "2100-01-01", "2027-02-30", "20270131", "2027-W05-7", "x" * 99, "<b>"])
def test_a_day_that_cannot_be_used_is_said_beside_the_field(start: str) -> None:
    page = shown("loading_neurological", start=start)
    assert 'aria-invalid="true" aria-describedby="start-wrong"' in page
    assert "This must be a day from 2000-01-01 to 2099-12-31. Today was used instead." in page
    assert "x" * 21 not in page
    assert client().get("/schedule/loading_neurological.ics", query_string={"start": start}).status_code == 404


@pytest.mark.parametrize("start", ["2000-01-01", "2099-12-31", "2028-02-29"])
def test_the_bounds_can_be_used(start: str) -> None:
    assert "start-wrong" not in shown("maintenance_non_neurological", start=start)


def test_the_form_is_one_of_a_list() -> None:
    assert "form-wrong" in shown("loading_neurological", form="aspirin")
    assert "Cyanocobalamin 1000 micrograms" in shown("loading_neurological", form="cyanocobalamin")
    assert forms_of(REGIMENS["oral_daily"]) == FORMS[1:]


def test_the_file_is_a_download_with_a_name() -> None:
    answer = client().get("/schedule/oral_daily.ics?start=2027-01-31")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="b12-oral_daily-2027-01-31.ics"'


def test_every_check_has_its_words_and_every_number_its_source() -> None:
    assert CHECKS.keys() == set(Check)
    rows = {number.row for number in LIBRARY.provenance}
    assert {row for _, named in CHECKS.values() for row in named} <= rows
    assert set(Check) - FOR_WHOM.keys() == {Check.YEARLY, Check.RELAPSE, Check.CREATININE}


def test_a_range_is_counted_from_the_dose_before_and_has_a_limit() -> None:
    rows = {row[1]: row for row in table(shown("maintenance_non_neurological", start="2026-11-23"))}
    assert rows["Injection, dose 3"][2] == "2 to 3 months after dose 2, never more than 93 days"
    events = {event["SUMMARY"]: event for event in calendar("loading_non_neurological", start="2026-11-23")}
    (second,) = (event for summary, event in events.items() if "maintenance dose 2" in summary)
    assert "2 to 3 months after maintenance dose 1, never more than 93 days." in second["DESCRIPTION"]
    relapse = {row[1]: row for row in table(shown("relapse_two_to_four_weekly", start="2026-11-23"))}
    assert relapse["Injection, dose 2"][2] == "2 to 4 weeks after dose 1, never more than 28 days"


def test_who_says_so_is_named_for_the_form_and_the_check() -> None:
    def sources(key: str, **query: str) -> dict[str, str]:
        return {row[1]: row[3] for row in table(shown(key, **query))}

    assert all("NICE" not in text for key in REGIMENS for text in sources(key).values())
    assert sources("oral_daily")["Vitamin B12 in blood"].startswith("UK product information, cyanocobalamin")
    assert "seeds 000 to 003" in sources("maintenance_monthly", form="hydroxocobalamin")["Injection, dose 1"]
    assert "project judgement" in sources("maintenance_monthly", form="mecobalamin")["Injection, dose 1"]
    assert "BNF" not in "".join(sources("loading_neurological", form="cyanocobalamin").values())
    assert "project judgement" in sources("antifolate_nine_weekly", form="mecobalamin")["Injection, dose 1"]


def test_advice_and_potassium_stand_at_the_start() -> None:
    rows = {row[1]: row for row in table(shown("loading_neurological", start="2026-11-23"))}
    assert rows["Urgent neurology and haematology advice"][0] == "Mon 23 Nov 2026"
    again = rows["Potassium again"][2]
    assert all(part in again for part in ("below 3.5 mmol/L", "below 80 g/L", "large red cells"))
    assert "Potassium again" not in shown("oral_daily")


def test_a_suggestion_leads_to_its_schedule() -> None:
    """From every example: the regimen and the form that its label names."""
    found: list[tuple[str, Any]] = []
    for identity in re.findall(r'href="/\?example=([^"]+)"', client().get("/").text):
        page = client().get("/", query_string={"example": identity}).text
        for item in re.findall(r"<li>\s*<p id=\"l-.*?See the schedule</a>", page, re.DOTALL):
            (address,) = re.findall(r'href="(/schedule/[^"]+)"', html.unescape(item))
            key, (form,) = urlsplit(address).path.rpartition("/")[2], parse_qs(urlsplit(address).query)["form"]
            assert "form-wrong" not in shown(key, form=form)
            assert REGIMENS[key].text in html.unescape(item)
            assert form in item.lower()
            found.append((key, form))
    assert len(set(found)) > 3
