"""The search for marked data finds what is planted: in the log, in answers and in the records, in every encoding."""

import base64
import hashlib
import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cds_service import decide as deciding
from cds_service.hooks import problems, routes
from cds_service.hooks.problems import Problem
from tests.privacy.calls import HttpCall
from tests.privacy.lines import faults
from tests.privacy.marks import BORN, Marks, word
from tests.privacy.run import searched
from tests.privacy.server import Line, served
from tests.privacy.watched import TOLD, Watched, marked, marked_feedback, path_of, watch
from tests.signing import token

__all__ = ["watch"]
Watch = Callable[..., Watched]
FEEDBACK = "/cds-services/b12-order-select/feedback"
_planted = logging.getLogger("cds_service.planted")


def _patient(body: bytes) -> str:
    return str(msgspec.json.decode(body)["context"]["patientId"])


def _log(message: str) -> None:
    _planted.info("%s", message)


def _base64(body: bytes, before: bytes) -> str:
    return base64.b64encode(before + _patient(body).encode() + before).decode()


def _digest(body: bytes, name: str) -> str:
    return hashlib.new(name, _patient(body).encode()).hexdigest()


LEAKS: dict[str, Callable[[bytes, Any], object]] = {
    "an id": lambda body, _: _log(f"patient {_patient(body)}"),
    "an id in other letters": lambda body, _: _log(_patient(body).swapcase()),
    "an id in base64": lambda body, _: _log(_base64(body, b"")),
    "an id in base64, one later": lambda body, _: _log(_base64(body, b"a")),
    "an id in base64, two later": lambda body, _: _log(_base64(body, b"ab")),
    "an id in hexadecimal": lambda body, _: _log(_patient(body).encode().hex()),
    "an id in escapes": lambda body, _: _log("".join(f"\\u{ord(letter):04x}" for letter in _patient(body))),
    "an id in a URL": lambda body, _: _log("".join(f"%{ord(letter):02X}" for letter in _patient(body))),
    "the SHA-256 of an id": lambda body, _: _log(_digest(body, "sha256")),
    "the MD5 of an id": lambda body, _: _log(_digest(body, "md5")),
    "a date": lambda *_: _log(f"born {BORN}"),
    "a date in words": lambda *_: _log("born 23 Jul 1931"),
    "a value": lambda *_: _log("48713.9137 pmol/L"),
    "a value, rounded": lambda *_: _log("48,713.91"),
    "a time": lambda *_: _log("taken at 03:17:41.913731"),
    "a token": lambda *_: _log(f"Bearer {word('token', 1)}"),
    "a note": lambda body, trail: setattr(trail, "note", _patient(body)),
    "a number in the place of a code": lambda _, trail: setattr(trail, "problem", "12724066"),
    "a number in the place of a client": lambda _, trail: setattr(trail, "client", "12724066"),
    "a number in the place of a rule": lambda _, trail: trail.unread.append("12724066"),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_in_the_log_is_found(leak: str, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    real = deciding.decide

    def telling(service: Any, body: bytes, base: str, means: Any, trail: Any) -> Any:
        answer = real(service, body, base, means, trail)
        LEAKS[leak](body, trail)
        return answer

    watched = watch()
    request, mark = marked(1, "cyanocobalamin-renal")
    assert watched.post(path_of(request), request, mark) == (200, [])
    assert watched.hits() == []
    monkeypatch.setattr(routes, "decide", telling)
    assert watched.post(path_of(request), request, mark) == (200, [])
    assert watched.hits() != []


def test_an_exception_that_is_printed_is_found(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any) -> Any:
        raise ValueError(TOLD)

    watched = watch()
    request, mark = marked(2, "cyanocobalamin-renal")
    monkeypatch.setattr(deciding, "gather", failing)
    monkeypatch.setattr(problems, "describe", str)
    assert watched.post(path_of(request), request, mark) == (500, [])
    assert watched.hits() != []


def test_a_value_in_an_error_is_found(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    def telling(service: Any, body: bytes) -> Any:
        raise Problem(problems.Fault.BAD_REQUEST, path="context.patientId", rule=f"is {_patient(body)}")

    watched = watch()
    request, mark = marked(3, "cyanocobalamin-renal")
    monkeypatch.setattr(deciding, "read_request", telling)
    status, found = watched.post(path_of(request), request, mark)
    assert (status, found != []) == (400, True)


@pytest.mark.parametrize("kind", ["name", "street", "telecom", "identifier", "token", "scope", "user"])
def test_what_a_card_may_not_say_is_found(kind: str, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    real = deciding.render

    def telling(*given: Any) -> Any:
        answer = real(*given)
        answer["cards"][0]["detail"] += f" For {word(kind, 4)}."
        return answer

    watched = watch()
    request, mark = marked(4, "cyanocobalamin-renal")
    assert watched.post(path_of(request), request, mark) == (200, [])
    monkeypatch.setattr(deciding, "render", telling)
    assert watched.post(path_of(request), request, mark) == (200, [f"cards: {kind}"])


def test_what_is_echoed_in_a_header_is_found(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = watch()
    request, mark = marked(5, "cyanocobalamin-renal")
    name = word("patient", 5)
    assert watched.post(path_of(request), request, mark, **{"X-Request-Id": name}) == (200, [])
    monkeypatch.setattr("cds_service.hooks.edge.request_id", lambda offered: offered)
    status, found = watched.post(path_of(request), request, mark, **{"X-Request-Id": name})
    assert (status, found != []) == (200, True)


@pytest.mark.parametrize("line", [b"plain words", b"[]", b'{"at":"today"}', b'{"patient":"x"}', b'{"rules":["x y"]}'])
def test_a_line_of_another_form_is_found(line: bytes) -> None:
    assert faults(line) != []


def test_a_real_service_that_leaks_is_found(tmp_path: Path) -> None:
    """A client with a marked name stands in each line of its calls; comments are kept that nobody asked to be kept."""
    secret = word("client", 6)
    settings = {"store_comments": "1", "database_url": f"sqlite:///{tmp_path}/{word('file', 6)}.sqlite3"}
    with served(tmp_path, name=secret, **settings) as service, Line(service.port) as line:
        marks = Marks()
        now = int(time.time())
        bearer = token(aud=f"{service.place.base}{FEEDBACK}", iat=now, exp=now + 300)
        headers = (("Authorization", f"Bearer {bearer}"), ("Content-Type", "application/json"))
        sent = HttpCall("feedback", "POST", FEEDBACK, headers, json.dumps(marked_feedback(6)[0]).encode())
        assert line.ask(sent).status == 200
        found, kept = searched(tmp_path, marks)
        assert any("comment6" in each for each in found), found
        assert kept == 0
    assert any(secret.encode().lower() in each for each in marks.found_in(service.said))
    assert any(secret.encode().lower() in each for each in marks.found_in(b"".join(service.collector.bodies)))
