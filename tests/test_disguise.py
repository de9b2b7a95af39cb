"""A patient in disguise: nothing that a client wrote comes through, and what rules read keeps its meaning."""

import hmac
import json
import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from cds_service.clinical.concepts import Ingredient
from fhir_mappings.codes import allergen_from_text, concepts, medicine_from_text, names_amount, names_b12
from fhir_mappings.disguise import codes, words
from fhir_mappings.disguise.elements import ELEMENTS
from fhir_mappings.disguise.person import Disguise, few_digits, number_in
from fhir_mappings.disguise.resource import in_disguise
from fhir_mappings.parse import withheld
from fhir_mappings.repeated_keys import repeats_a_key
from tests.privacy.marks import STEM
from tests.scenarios import FOLDERS

TODAY = date(2026, 11, 20)
KEY = b"a key for tests, thirty-two bytes long"
DISGUISE = Disguise(KEY, "pat-1", TODAY)


def moved(text: str) -> str:
    """A date of the disguise, moved back."""
    return (date.fromisoformat(text[:10]) - timedelta(days=DISGUISE.days)).isoformat()


def test_ids_are_the_same_everywhere_and_nobody_without_the_key_makes_them() -> None:
    one = DISGUISE.id("obs-1")
    assert one == hmac.new(KEY, b"id\0\0obs-1", "sha256").hexdigest()[:32], "as docs/privacy.md has it found"
    assert DISGUISE.reference("Observation/obs-1") == f"Observation/{one}"
    assert DISGUISE.reference("https://ehr.example/fhir/Observation/obs-1/_history/3") == f"Observation/{one}"
    assert DISGUISE.reference("urn:uuid:obs-1") == f"urn:uuid:{one}"
    assert DISGUISE.reference("#obs-1") == DISGUISE.id("#obs-1") == f"#{one}"
    assert DISGUISE.reference("obs-1") == one
    assert DISGUISE.reference("Smithers/obs-1") == f"Basic/{one}"
    assert Disguise(b"another key, and also of 32 bytes or so", "pat-1", TODAY).id("obs-1") != one
    assert Disguise(KEY, "pat-2", TODAY).id("obs-1") == one, "a resource is the same whoever it is sent about"


def test_dates_of_one_patient_move_together_by_days_that_are_never_none() -> None:
    days = {Disguise(KEY, f"pat-{number}", TODAY).days for number in range(20_000)}
    assert days == set(range(-365, 366)) - {0}
    assert Disguise(KEY, "pat-1", date(2020, 1, 1)).days == DISGUISE.days
    assert moved(DISGUISE.moved_today.isoformat()) == TODAY.isoformat()
    assert moved(DISGUISE.when("2026-03-04")) == "2026-03-04"
    at = DISGUISE.when("2026-03-04T23:59:58-05:00")
    assert (moved(at), at[10:]) == ("2026-03-05", "")
    assert [len(DISGUISE.when(text)) for text in ("2026", "2026-03")] == [4, 7]
    assert [DISGUISE.when(text) for text in ("soon", "4.3.2026", "2026-13-01", "2026-03-04T25:00:00Z")] == ["?"] * 4


def test_only_results_of_the_last_days_keep_their_hour() -> None:
    """A rule counts the hours between two creatinines; those of a year would show when the clocks were changed."""
    at = DISGUISE.taken("2026-11-18T23:59:58.123+02:00")
    assert (moved(at), at[10:]) == ("2026-11-18", "T21:00:00Z")
    assert DISGUISE.taken("2026-03-04T23:59:58Z") == DISGUISE.when("2026-03-04")
    assert DISGUISE.taken("2026-11-18") == DISGUISE.when("2026-11-18")
    assert [DISGUISE.taken(text) for text in ("soon", "2026-11-18T25:00:00Z")] == ["?", "?"]


def test_a_patient_of_another_client_is_another_patient() -> None:
    north, south = (Disguise(KEY, "pat-1", TODAY, client) for client in ("north", "south"))
    assert north.id("pat-1") != south.id("pat-1")
    assert north.days != south.days
    told = hmac.new(KEY, b"id\0north\0pat-1", "sha256").hexdigest()[:32]
    assert north.id("pat-1") == told, "as docs/privacy.md has it found"


def test_a_date_that_software_writes_for_none_does_not_tell_the_days() -> None:
    for number in range(200):
        disguise = Disguise(KEY, f"pat-{number}", TODAY)
        assert {disguise.when(each) for each in ("2099-12-31", "2050-12-31T23:59:59Z", "2099", "2031-11-21")} == {
            "9999-12-31"
        }
        for text in ("1970-01-01", "1970-01-01T00:00:00Z", "2015-01-01", "2015-01"):
            assert disguise.when(text)[4:] in {"-01-01", "-01"}
        assert disguise.when("1969-12-31")[4:] == "-12-31"
        assert disguise.when("2031-11-20") == (date(2031, 11, 20) + timedelta(days=disguise.days)).isoformat()


@pytest.mark.parametrize("text", ["2008-01-01", "2009-01-01", "1961-01-01", "1937-01-01", "1950", "2026-01-01"])
def test_a_birth_on_the_first_of_january_stays_one_and_the_age_as_it_was(text: str) -> None:
    for number in range(200):
        disguise = Disguise(KEY, f"pat-{number}", TODAY)
        told = disguise.born(f"{text}T00:00:00Z" if len(text) == 10 else text)
        assert told[4:] == text[4:]
        assert disguise.moved_today.year - int(told[:4]) == TODAY.year - int(text[:4])


def test_no_date_tells_an_age_over_ninety_nor_by_how_much_dates_were_moved() -> None:
    assert moved(DISGUISE.when("1936-11-20")) == "1936-11-20"
    assert {moved(DISGUISE.when(text)) for text in ("1936-11-19", "1931-07-23", "1900-01-01", "0001-01-01")} == {
        "1936-11-20"
    }
    assert {DISGUISE.when(text) for text in ("9999-12-31", "2117-01-01", "9999-12-31T23:59:59Z")} == {"9999-12-31"}


def test_numbers_keep_four_digits() -> None:
    assert [few_digits(Decimal(text)) for text in ("48713.9137", "1000", "0.0123456", "44.6")] == [
        Decimal(text) for text in ("48710", "1000", "0.01235", "44.6")
    ]
    large, small = Decimal("1E+20"), Decimal("1E-20")
    odd = ("1234E567890", "1e999999999", "-1e999999999", "77e-7654321", "0E567890")
    assert [few_digits(Decimal(text)) for text in odd] == [large, large, -large, small, 0]
    assert number_in("1e999999999") == number_in("1234E567890") == "1E+20"
    assert [number_in(text) for text in ("12.34567", "NaN", "Zqmarker", "1" * 50)] == ["12.35", "NaN", "?", "?"]


@pytest.mark.parametrize("ingredient", Ingredient)
def test_there_is_a_word_of_ours_for_every_ingredient(ingredient: Ingredient) -> None:
    found = medicine_from_text(words._NAMES[ingredient])
    assert found is not None
    assert found.ingredients == {ingredient}


@pytest.mark.parametrize(
    "text",
    [
        "Cyanocobalamin 1 mg/ml solution for injection, for Ms Smithers",
        "Vitamin B12 1000 micrograms tablets",
        "b12 level of Ms Smithers",
        "Hydroxocobalamin (Neo-Cytamen) 1000 micrograms/ml",
        "cyanocbalamin 50 mcg/tablet",
        "Cyanokit 5 g",
        "folic acid 400 mcg / cyanocobalamin 100 mcg",
        "metformin 500 mg/tablet + sitagliptin", "vitamin C 60 mg, thiamine and cyanocobalamin", "Renavit 1000 tablets",
        "Vitamin C 60 mg, B-complex, cyanocobalamin 6 mcg tablet", "thiamine with cyanocobalamin, for Ms Smithers",
        "warfarin 3 mg tablets", "nasal cyanocobalamin 500 ug", "Smithers", "cobalt-57 cyanocobalamin capsule",
    ],
)  # fmt: skip
def test_a_medicine_in_our_words_is_the_same_medicine(text: str) -> None:
    ours = words.medicine(text)
    assert medicine_from_text(ours) == medicine_from_text(text)
    assert names_b12(ours) == names_b12(text)
    assert names_amount(ours) == names_amount(text)
    assert ("cyanocobalamin" in ours) == ("cyanocobalamin" in text.lower())
    assert "smithers" not in ours.lower()
    assert words.medicine(ours) == ours


def test_other_texts_are_told_by_what_is_read_in_them() -> None:
    assert words.condition("FH: pernicious anaemia of Ms Smithers") == "family history -"
    assert words.condition("Vitamin B12 deficiency, seen by Dr Smithers") == "vitamin B12"
    assert words.finding("Length of resected ileum (Smithers)") == "length of ileum resected"
    assert words.allergy("Anaphylaxis to hydroxocobalamin, Ms Smithers") == "hydroxocobalamin anaphylaxis"
    assert words.allergy("no anaphylaxis, Smithers") == "-"
    assert allergen_from_text(words.allergy("benzyl alcohol")) is allergen_from_text("benzyl alcohol")
    assert words.referral("Please refer to Neurology, Dr Smithers") == "refer neurolog"
    assert (words.answer("Positive."), words.answer("mild, says Smithers")) == ("positive", "-")
    assert (words.route("Intramuscular  use"), words.route("im, Smithers")) == ("intramuscular use", "-")
    assert (words.stop_reason("Allergy."), words.stop_reason("Smithers asked")) == ("allergy", "-")


def test_codes_are_ours_or_nobodys() -> None:
    assert codes.coding("urn:oid:2.16.840.1.113883.6.96", " 84027009 ") == ("http://snomed.info/sct", "84027009")
    assert codes.coding("http://hl7.org/fhir/sid/icd-10-cm", "d510") == ("http://hl7.org/fhir/sid/icd-10-cm", "D51.0")
    below = "http://hl7.org/fhir/sid/icd-10"  # what begins like D57 is read as D57*
    for odd in ("D57 Smithers", "D57.SMITH", "D57.1 Smithers", "D57.1SMITH"):
        assert concepts(below, odd) != frozenset()
        assert codes.coding(below, odd)[1] == "-"
    assert codes.coding(below, "d571") == (below, "D57")
    assert codes.coding("http://hl7.org/fhir/sid/icd-10-cm", "K50.9471")[1] == "K50.9", (
        "no more than tells a rule something"
    )
    assert codes.coding("https://ehr.smithers.example", "Q987H") == (None, "-")
    assert codes.coding(None, "Q12h") == (None, "Q12h")
    assert codes.coding("http://snomed.info/sct", "444") == ("http://snomed.info/sct", "-")
    assert codes.coding("https://ehr.smithers.example", "84027009") == (None, "-")
    assert codes.coding("https://ehr.smithers.example", "active") == (None, "active")
    assert [codes.unit(text) for text in ("mcg", "mL/min/1.73m²", "{tablet}", "weeks", "mg{Smithers}", "Smithers")] == [
        "ug", "mL/min/{1.73_m2}", "{tablet}", "weeks", "?", "?",
    ]  # fmt: skip


def _marked(value: Any, draw: random.Random, share: float) -> Any:
    """The value with marks in place of, or behind, a share of its strings, keys included."""
    match value:
        case dict():
            odd = {f"{STEM}{name}": _marked(value[name], draw, 1) for name in list(value)[:2]}
            return {name: _marked(inner, draw, share) for name, inner in value.items()} | odd
        case list():
            return [*(_marked(inner, draw, share) for inner in value), STEM]
        case str() if value in ELEMENTS and share < 1:
            return value
        case str() if draw.random() < share:
            return draw.choice(
                (f"{value}{STEM}", f"{value} {STEM}", f"{STEM}/{value}", STEM, f"#{STEM}", f"{value}|{STEM}")
            )
        case _:
            return value


def _resources() -> Iterator[Any]:
    for folder in FOLDERS:
        request = json.loads((folder / "request.json").read_text("utf-8"))
        parts = [request["context"].get("draftOrders", {}), *request["prefetch"].values()]
        for part in parts:
            yield from [each["resource"] for each in part.get("entry", ())] if "entry" in part else [part]


def test_no_mark_comes_through_wherever_it_stands() -> None:
    draw = random.Random(1)  # noqa: S311 - not for secrets
    count = 0
    for sent in _resources():
        for share in (0.1, 0.5, 1):
            raw = json.dumps(_marked(sent, draw, share)).encode()
            assert STEM.lower().encode() not in bytes(in_disguise(raw, "Observation", DISGUISE)).lower()
            count += 1
    assert count > 1000


def test_what_is_refused_is_refused_in_disguise_too() -> None:
    twice = b'{"resourceType": "Observation", "id": "a", "status": "final", "status": "entered-in-error"}'
    assert repeats_a_key(in_disguise(twice, "Observation", DISGUISE))
    hidden = b'{"resourceType": "Observation", "meta": {"tag": [{"code": "SUBSETTED", "display": "Smithers"}]}}'
    assert withheld(in_disguise(hidden, "Observation", DISGUISE))
    assert b"Smithers" not in bytes(in_disguise(hidden, "Observation", DISGUISE))
    odd = msgspec.json.decode(in_disguise(b'{"valueQuantity": "5 mg", "status": 7}', "Observation", DISGUISE))
    assert odd == {"valueQuantity": "?", "status": 0}
    assert b'"status":0' in bytes(in_disguise(b'{"status": 1e999999999999999999999}', "Condition", DISGUISE))
