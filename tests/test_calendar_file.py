"""The iCalendar file by the rules of RFC 5545: lines, folding, escaping, what an event must hold."""

from datetime import UTC, date, datetime

from cds_service.pages.calendar_file import Event, calendar_file

NOW = datetime(2026, 11, 20, 12, 0, 5, tzinfo=UTC)
EVENT = Event("x", date(2026, 12, 31), "Dose 1, of 6", "First\nsecond; a\\b", "FREQ=DAILY;INTERVAL=2")


def unfolded(body: bytes) -> list[str]:
    """3.1, read backwards: every line ends with CRLF, and a line that begins with a space goes on the one before."""
    assert body.endswith(b"\r\n")
    assert body.count(b"\n") == body.count(b"\r") == body.count(b"\r\n")
    return body.decode().replace("\r\n ", "").removesuffix("\r\n").split("\r\n")


def read_events(body: bytes) -> list[dict[str, str]]:
    """Name with its parameters -> value, unescaped; of each event. Fails where the structure is not as it must be."""
    lines = unfolded(body)
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-1] == "END:VCALENDAR"
    assert "VERSION:2.0" in lines
    assert sum(line.startswith("PRODID:") for line in lines) == 1
    found: list[dict[str, str]] = []
    inside = False
    for line in lines:
        name, colon, value = line.partition(":")
        assert colon
        if line in {"BEGIN:VEVENT", "END:VEVENT"}:
            assert inside is (name == "END")
            inside = not inside
            found += [{}] if inside else []
        elif inside:
            assert name not in found[-1]
            found[-1][name] = _plain(value)
    assert not inside
    return found


def _plain(value: str) -> str:
    text, letters = "", iter(value)
    for letter in letters:
        text += letter if letter != "\\" else {"n": "\n"}.get(escaped := next(letters), escaped)
    return text


def test_an_event_is_read_as_it_was_meant() -> None:
    (found,) = read_events(calendar_file("Plan", [EVENT], NOW))
    assert found.pop("UID").count("-") == 4
    assert found == {
        "DTSTAMP": "20261120T120005Z",
        "DTSTART;VALUE=DATE": "20261231",
        "DTEND;VALUE=DATE": "20270101",
        "RRULE": "FREQ=DAILY;INTERVAL=2",
        "SUMMARY": "Dose 1, of 6",
        "DESCRIPTION": "First\nsecond; a\\b",
        "TRANSP": "TRANSPARENT",
    }


def test_what_separates_is_escaped() -> None:
    text = calendar_file("a,b", [EVENT], NOW)
    assert b"X-WR-CALNAME:a\\,b\r\n" in text
    assert b"DESCRIPTION:First\\nsecond\\; a\\\\b\r\n" in text


def test_no_line_is_over_75_octets_and_no_letter_is_cut() -> None:
    long = "a" * 70 + "µ€" * 80
    body = calendar_file("Plan", [Event("x", date(2026, 1, 1), long, "")], NOW)
    for line in body.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()
    assert read_events(body)[0]["SUMMARY"] == long


def test_the_same_event_has_the_same_id_and_another_has_its_own() -> None:
    one, again, other = (
        read_events(calendar_file("Plan", [Event(identity, date(2026, 1, 1), "s", "d")], NOW))[0]["UID"]
        for identity in ("x", "x", "y")
    )
    assert one == again != other
