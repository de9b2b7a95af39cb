"""What no client would send: bodies that are no JSON, bombs, wrong headers, odd paths and methods; by name.

Each is made from a sound request, so that what is refused is refused for the one thing that is wrong.
"""

import json
import random
from collections.abc import Callable

from tests.fuzz.case import JSON_BODY, Call
from tests.fuzz.sending import MEGABYTES

Attack = Callable[[random.Random, Call], Call]
ATTACKS: dict[str, Attack] = {}
LIMIT = MEGABYTES * 1024 * 1024
HOOKS = ("order-select", "order-sign", "patient-view")


def attack(function: Attack) -> Attack:
    ATTACKS[function.__name__.replace("_", " ").strip()] = function
    return function


def sent_with(call: Call, body: bytes | None = None, **headers: str) -> Call:
    """The call with another body or with headers replaced; `Content_Type` is Content-Type."""
    more = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    kept = tuple(each for each in call.headers if each[0] not in dict(more))
    return Call(call.body if body is None else body, call.path, call.method, (*kept, *more))


@attack
def not_json(draw: random.Random, call: Call) -> Call:
    bodies = (
        b"",
        b"{",
        b"null",
        b"[]",
        b'"x"',
        b"7",
        b"NaN",
        b"<xml/>",
        b"\x00" * 99,
        b"\xff\xfe{\x00}\x00",
        b"{}{}",
        b"{'a': 1}",
        b"{,}",
        b'{"a" 1}',
        b"\xef\xbb\xbf",
        b"a=b&c=d",
        b"\x80\x81",
        b'{"hook": "\xed\xa0\x80"}',
        b"//x\n{}",
    )
    return sent_with(call, draw.choice(bodies))


@attack
def truncated(draw: random.Random, call: Call) -> Call:
    return sent_with(call, call.body[: draw.randrange(len(call.body))])


@attack
def bytes_flipped(draw: random.Random, call: Call) -> Call:
    body = bytearray(call.body)
    for _ in range(draw.choice((1, 1, 2, 9))):
        body[draw.randrange(len(body))] = draw.randrange(256)
    return sent_with(call, bytes(body))


@attack
def a_piece_twice(draw: random.Random, call: Call) -> Call:
    """A slice of the text cut out, or repeated where it does not belong."""
    start = draw.randrange(len(call.body))
    end = start + draw.randrange(200)
    piece = call.body[start:end]
    return sent_with(call, call.body[:start] + piece * draw.choice((0, 2, 3)) + call.body[end:])


@attack
def repeated_keys(draw: random.Random, call: Call) -> Call:
    text = call.body.decode()
    name = draw.choice(("hook", "context", "patientId", "status", "resourceType", "prefetch", "entry", "value", "code"))
    twin = draw.choice((name, "".join(f"\\u{ord(letter):04x}" for letter in name)))
    more = draw.choice(('"x"', "null", "{}", "[]", "1"))
    return sent_with(call, text.replace(f'"{name}":', f'"{twin}": {more}, "{name}":', 1).encode())


@attack
def deep_brackets(draw: random.Random, call: Call) -> Call:
    depth = draw.choice((63, 64, 65, 1000, 100_000))
    opened, closed = draw.choice((("[", "]"), ('{"a":', "}")))
    nested = opened * depth + draw.choice(("", "1", '"["')) + closed * draw.choice((depth, depth, 0))
    text = call.body.decode()
    where = draw.choice(('"prefetch": ', '"context": ', '"hook": '))
    return sent_with(call, draw.choice((nested, text.replace(where, f'"x": {nested}, {where}', 1))).encode())


@attack
def control_characters(draw: random.Random, call: Call) -> Call:
    place = draw.randrange(len(call.body))
    odd = bytes([draw.randrange(32)]) * draw.choice((1, 50))
    return sent_with(call, call.body[:place] + odd + call.body[place:])


@attack
def megabyte_string(draw: random.Random, call: Call) -> Call:
    text = call.body.decode()
    name = draw.choice(("hookInstance", "patientId", "userId", "text", "reference", "unit", "status", "code"))
    filler = draw.choice(("A", "\\u00e9", "\\\\", " ", "[", "9"))
    return sent_with(call, text.replace(f'"{name}": "', f'"{name}": "{filler * (700_000 // len(filler))}', 1).encode())


@attack
def string_without_end(draw: random.Random, call: Call) -> Call:
    return sent_with(call, call.body[: draw.randrange(200)] + b'"' + draw.choice((b'\\"', b'"', b"\\", b"[")) * 200_000)


@attack
def words_repeated(draw: random.Random, call: Call) -> Call:
    """The words that the readers of text look for, thousands of times: nothing may look for them in squares."""
    words = (
        "length ",
        "ileum ",
        "resect ",
        "involve ",
        "vitamin ",
        "b12",
        "b 12 ",
        "cobalamin/",
        "folic acid + ",
        "parin",
    )
    more = (
        "no anaphyla ",
        "without ",
        "an ",
        "refer ",
        "hydroxocobalamin ",
        " / ",
        "-",
        "5 mg/ml ",
        "thiazide",
        "\\u00e9",
    )
    text = draw.choice(("", draw.choice(words))) + "".join(draw.sample(words + more, 3)) * 3_000
    name = draw.choice(('"text": "', '"display": "'))
    return sent_with(call, call.body.decode().replace(name, name + text).encode())


@attack
def thousands(draw: random.Random, call: Call) -> Call:
    """Far more drafts, selections or entries than anybody has."""
    request = json.loads(call.body)
    context = request["context"]
    what = draw.choice(("drafts", "other drafts", "selections", "entries"))
    entry = (context.get("draftOrders", {}).get("entry") or [{"resource": {"resourceType": "X"}}])[0]
    if what in {"drafts", "other drafts"}:
        other = {"resource": {"resourceType": "MedicationRequest", "medicationCodeableConcept": {"text": "x"}}}
        found = [entry] * draw.choice((30, 60, 300)) if what == "drafts" else [entry, *[other] * 1000]
        context["draftOrders"] = {"resourceType": "Bundle", "entry": found}
    context["selections"] = ["odd"] * 30_000 if what == "selections" else context.get("selections", [])
    for part in request["prefetch"].values():
        if what == "entries" and isinstance(part, dict) and part.get("entry"):
            part["entry"] = part["entry"] * (60 // len(part["entry"]) or 1)
    return sent_with(call, json.dumps(request).encode())


@attack
def above_the_limit(draw: random.Random, call: Call) -> Call:
    body = call.body + b" " * (LIMIT - len(call.body) + draw.choice((-1, 0, 1)))
    return sent_with(call, body)


@attack
def utf_16(draw: random.Random, call: Call) -> Call:
    return sent_with(call, call.body.decode().encode(draw.choice(("utf-16", "utf-32", "utf-16-le", "utf-8-sig"))))


@attack
def wrong_hook(draw: random.Random, call: Call) -> Call:
    request = json.loads(call.body)
    odd = ("order-dispatch", "appointment-book", "Order-Select", "", None, 7, [], *HOOKS)
    request["hook"] = draw.choice([each for each in odd if each != request["hook"]])
    return sent_with(call, json.dumps(request).encode())


@attack
def whitespace_and_numbers(draw: random.Random, call: Call) -> Call:
    """Sound JSON in an odd dress: it must be read as the same."""
    text = call.body.decode()
    odd = draw.choice(
        (text.replace(": ", " \t\n:\r\n  "), "\n" * 5000 + text, text.replace(": 1", ": 1.0e0"), text + " \n")
    )
    return Call(odd.encode(), call.path, call.method, JSON_BODY)
