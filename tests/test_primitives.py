"""Dates, times and references: garbage is None, partial dates keep both ends, leap seconds do not crash."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.clinical.quantities import PartialDate
from fhir_mappings.primitives import day, last_day, local_reference, moment, partial_date, reference


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-05-01", datetime(2024, 5, 1, tzinfo=UTC)),
        ("2024-05", datetime(2024, 5, 1, tzinfo=UTC)),
        ("2024", datetime(2024, 1, 1, tzinfo=UTC)),
        ("2024-05-01T23:30:00-05:00", datetime(2024, 5, 2, 4, 30, tzinfo=UTC)),
        ("2024-05-01T10:00:00Z", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("2024-05-01T10:00:00.123456789Z", datetime(2024, 5, 1, 10, 0, 0, 123456, tzinfo=UTC)),
        ("2024-05-01T10:00:00", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("2024-05-01T10:00+01:00", datetime(2024, 5, 1, 9, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (" 2024-05-01 ", datetime(2024, 5, 1, tzinfo=UTC)),
    ],
)
def test_moments_are_utc(text: str, expected: datetime) -> None:
    assert moment(text) == expected


@pytest.mark.parametrize(
    "text",
    [None, "", "yesterday", "2024-13", "2024-02-30", "20240501", "2024-W18-3", "2024-05-01T25:00:00Z", "01/05/2024",
     "2024-05-01T10:00:00+15:00", "0001-01-01T00:00:00+14:00", "2024-05-01T10:00:61Z", "2024-05-01 10:00", "0000"],
)  # fmt: skip
def test_what_is_not_in_the_grammar_is_none(text: str | None) -> None:
    assert moment(text) is None
    assert day(text) is None


@given(st.text())
def test_no_text_raises(text: str) -> None:
    for read in (moment, day, last_day, partial_date, reference, local_reference):
        read(text)


def test_partial_dates_keep_both_ends() -> None:
    assert partial_date("1951-02") == PartialDate(date(1951, 2, 1), date(1951, 2, 28))
    assert partial_date("1952-02") == PartialDate(date(1952, 2, 1), date(1952, 2, 29))
    assert partial_date("1951") == PartialDate(date(1951, 1, 1), date(1951, 12, 31))
    exact = partial_date("1951-11-25T00:00:00+10:00")
    assert exact is not None
    assert exact.exact
    assert exact.earliest == date(1951, 11, 25)


def test_an_end_is_the_last_day_that_it_can_mean() -> None:
    assert last_day("2026-11") == date(2026, 11, 30)
    assert last_day("2026-11-05T10:00:00Z") == date(2026, 11, 5)
    assert day("2026-11") == date(2026, 11, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Patient/x", ("Patient", "x")),
        ("https://ehr.example/fhir/Patient/x", ("Patient", "x")),
        ("https://ehr.example/fhir/Patient/x/_history/3", ("Patient", "x")),
        ("Patient/x/_history/3", ("Patient", "x")),
        ("urn:uuid:7e1f4334", ("", "7e1f4334")),
        ("urn:smart:Patient/smart-1", ("Patient", "smart-1")),
        ("#med", None),
        ("x", None),
        ("", None),
        (None, None),
    ],
)
def test_references(text: str | None, expected: tuple[str, str] | None) -> None:
    assert reference(text) == expected


def test_local_references_keep_a_urn() -> None:
    assert local_reference("https://ehr.example/fhir/Medication/m1") == "Medication/m1"
    assert local_reference("urn:uuid:7e1f") == "urn:uuid:7e1f"
