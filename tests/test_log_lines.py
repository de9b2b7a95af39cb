"""Every line that `serve` writes is one JSON object of known members, whoever speaks and whatever went wrong."""

import io
import json
import logging
import subprocess
import sys
from pathlib import Path

import gunicorn
import pytest

from cds_service.audit import MEMBERS, AuditLog, Trail, one_line
from cds_service.gunicorn_log import HARMLESS
from cds_service.log_lines import JsonLines, log_as_json
from tests.log_lines import lines

ROOT = Path(__file__).parents[1]
MARK = "Ms Zqtest 1931-07-23"
# What could end a line, or the string in it: of JSON, of a terminal, of whoever splits lines as Unicode has it
ODD = 'a\nb\r\nc\x00\x1b[2J\x7f"\\\u0085\u2028\u2029\ud800Süd{"at":1}'
STRAY = f"""
import gc, logging, sys, threading, traceback, warnings
from cds_service.log_lines import only_json
only_json("debug", ("harmless: %s",))
mark = {MARK!r}
print(mark)
print(mark, file=sys.stderr)
sys.stdout.write(mark + "\\n")
logging.getLogger("urllib3.connectionpool").debug("%s", mark)
logging.getLogger().error(mark)
logging.getLogger("other").warning("harmless: %s", "SIGTERM")
logging.getLogger("cds_service.own").info("%d cards", 3)
logging.getLogger("cds_service").error("the path is " + mark)  # Flask's own logger has the name of the app
logging.getLogger("other").error("%d", mark)
warnings.warn(mark)
try:
    raise ValueError(mark)
except ValueError:
    traceback.print_exc()
    logging.getLogger("cds_service.own").exception("it failed")
def failing():
    raise KeyError(mark)
thread = threading.Thread(target=failing, name=mark)
thread.start()
thread.join()
class Odd:
    def __del__(self):
        raise OSError(mark)
    def __repr__(self):
        return mark
Odd()
gc.collect()
raise LookupError(mark)
"""


def test_whatever_a_process_says_is_json_and_holds_no_words_of_others() -> None:
    ran = subprocess.run([sys.executable, "-c", STRAY], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert MARK not in ran.stderr
    told = lines(ran.stderr)
    assert all(line.keys() <= MEMBERS.keys() for line in told)
    messages = [line["message"] for line in told]
    assert {"harmless: SIGTERM", "3 cards", "it failed"} <= set(messages)
    assert f"{len(MARK)} characters were printed and are withheld" in messages
    assert "a warning of Python: UserWarning at <string>:15" in messages
    errors = [line["error"].partition(" at ")[0] for line in told if "error" in line]
    assert errors == ["ValueError", "KeyError", "OSError", "LookupError"]
    places = [line["place"] for line in told if "place" in line]
    assert places == [f"<string>:{number} <module>" for number in (9, 10, 13, 14)]


@pytest.mark.usefixtures("logging_as_before")
@pytest.mark.parametrize("odd", [ODD, ODD.replace("\ud800", "")])
def test_nothing_that_is_sent_can_begin_a_line(odd: str) -> None:
    stream = io.StringIO()
    log_as_json(stream, "debug")
    logging.getLogger("cds_service.key_sets").warning("key set of %s: it is gone", odd)
    AuditLog(stream).write(Trail("r", client=odd, note=odd), 200, 1.0)
    text = stream.getvalue()
    assert text.isascii()
    assert len(text.splitlines()) == text.count("\n") == 2
    said, asked = lines(text)
    assert said["message"] == f"key set of {odd}: it is gone"
    assert (asked["client"], asked["note"]) == (odd, odd)


def test_every_line_has_its_time_in_one_form_its_level_and_who_says_it() -> None:
    stream = io.StringIO()
    AuditLog(stream).write(Trail("r"), 200, 1.0)
    record = logging.LogRecord("cds_service.x", logging.WARNING, "", 0, "said", None, None)
    record.created = 1_790_000_000.25
    told = json.loads(JsonLines().format(record))
    asked = json.loads(stream.getvalue())
    assert told["at"] == "2026-09-21T14:13:20.250000Z"
    assert len(asked["at"]) in {20, 27}
    assert asked["at"].endswith("Z")
    assert list(told)[:3] == list(asked)[:3] == ["at", "level", "logger"]
    assert (told["level"], asked["level"], asked["logger"]) == ("warning", "info", "cds_service.request")


@pytest.mark.parametrize(
    ("level", "written"),
    [
        ("debug", [200, 400, 401, 403, 412, 429, 500, 503]),
        ("info", [200, 400, 401, 403, 412, 429, 500, 503]),
        ("warning", [401, 403, 429, 500, 503]),
        ("error", [500, 503]),
        ("critical", []),
    ],
)
def test_who_is_kept_out_and_what_fails_is_seen_at_higher_levels_too(level: str, written: list[int]) -> None:
    stream = io.StringIO()
    for status in (200, 400, 401, 403, 412, 429, 500, 503):
        AuditLog(stream, level).write(Trail("r"), status, 1.0)
    assert [line["status"] for line in lines(stream.getvalue())] == written


def test_all_members_of_a_request_are_known_and_in_one_piece_on_a_pipe() -> None:
    gaps = {f"MedicationAdministration{number}": "refused" for number in range(9)}
    full = Trail("a" * 32, "a" * 32, "c" * 64, "d" * 64, shadow=True, service="b12-order-select", rules=("R",) * 200)
    full.gaps, full.note, full.in_scope, full.problem = gaps, "n" * 200, True, "not-authenticated"
    full.unread = ["timeout"]
    full.feedback = full.dropped = full.drafts = full.cards = full.fetched = 999_999
    line = full.line(503, 123456.78)
    assert {*line, "at", "level", "logger"} == {name for name in MEMBERS if name not in _OF_OTHERS}
    long = logging.LogRecord("cds_service.x", logging.ERROR, "", 0, "m" * 99_999, None, None)
    assert max(len(one_line(line)), len(JsonLines().format(long))) < 4096


_OF_OTHERS = {"pid", "message", "error", "place"}


def test_an_instance_is_told_only_if_it_was_made_at_random() -> None:
    uuid = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
    assert Trail("r", uuid).line(200, 1)["instance"] == uuid
    assert "instance" not in Trail("r", "patient 7f3a").line(200, 1)


def test_the_messages_of_gunicorn_that_are_let_through_are_still_its_own() -> None:
    """After an update of gunicorn, one that has changed would be withheld, and whoever operates the service miss it."""
    code = "".join(path.read_text("utf-8") for path in Path(gunicorn.__path__[0]).rglob("*.py"))
    parts = [part for each in HARMLESS for part in each.partition(" Perhaps out of memory?")[:2] if part != ""]
    assert [part for part in parts if f'"{part}"' not in code] == []
