"""The synthetic population: silence where the generator knows the order to be right, and the service says the same."""

import re
from pathlib import Path

import pytest

from tests.answers import ask, service
from tests.as_fhir import hook_call
from tests.case_language import read
from tests.population.burden import burden, cards_of, chart_cards_of, population
from tests.population.people import Group, Patient
from tests.population.table import markdown, readme_part

ROOT = Path(__file__).parent.parent
SEED = 1
OF_500 = {region: tuple(population(500, SEED, region)) for region in ("uk", "us")}


def _in(region: str, *groups: Group) -> list[Patient]:
    return [patient for patient in OF_500[region] if patient.group in groups]


def _told(patient: Patient) -> tuple[str, list[str], list[str]]:
    """All that a person needs to see why a card is wrong."""
    return patient.order, patient.sentences, patient.faults


@pytest.mark.parametrize("region", OF_500)
def test_unrelated_orders_and_right_orders_with_a_complete_record_get_no_card(region: str) -> None:
    silent = _in(region, Group.UNRELATED, Group.RIGHT)
    assert len(silent) > 300
    assert [(*_told(patient), cards) for patient in silent if (cards := cards_of(patient))] == []


@pytest.mark.parametrize("region", OF_500)
def test_orders_with_a_fault_get_a_card(region: str) -> None:
    faulty = _in(region, Group.FAULTY)
    assert len(faulty) > 30
    assert [_told(patient) for patient in faulty if not cards_of(patient)] == []


@pytest.mark.parametrize("region", OF_500)
def test_a_right_order_on_an_incomplete_record_is_never_called_wrong(region: str) -> None:
    """No warning but those whose subject is the gap: kidneys that nobody measured, B12 status that nobody can tell."""
    for patient in _in(region, Group.INCOMPLETE):
        loud = {topic.value for topic, indicator in cards_of(patient) if indicator.name != "INFO"}
        assert loud <= {"RenalFunctionUnknown", "FolateB12Unknown"}, _told(patient)


@pytest.mark.parametrize("region", OF_500)
def test_the_service_says_what_was_counted(region: str) -> None:
    client = service(region=region)
    for patient in OF_500[region][:150]:
        situation = read(patient.sentences)
        for order, expected in ((patient.order, cards_of(patient)), ("chart opened", chart_cards_of(patient))):
            answer = ask(client, hook_call(situation, order))
            said = [(card["source"]["topic"]["code"], card["indicator"]) for card in answer["cards"]]
            assert said == [(topic.value, indicator.name.lower()) for topic, indicator in expected], _told(patient)


def test_the_same_seed_gives_the_same_patients_and_another_gives_others() -> None:
    again = [_told(patient) for patient in population(50, SEED, "uk")]
    assert again == [_told(patient) for patient in OF_500["uk"][:50]]
    assert again != [_told(patient) for patient in population(50, SEED + 1, "uk")]


def test_the_page_counts_every_order_once_and_every_chart() -> None:
    found = burden(60, SEED, "uk")
    assert sum(found[group].asked for group in Group) == 60
    assert sum(counted.asked for name, counted in found.items() if name.startswith("chart")) == 60
    page = markdown({"uk": found}, size=60, seed=SEED, date="2026-11-20")
    part = readme_part({"uk": found}, date="2026-11-20")
    for name, counted in found.items():
        assert f"| {name} | {counted.asked} |" in page
        assert f"| {name} | " in part
    assert f"{sum(found[group].asked for group in Group)} orders" in part


def test_the_readme_shows_the_page_of_the_same_knowledge() -> None:
    readme, page = ((ROOT / name).read_text("utf-8") for name in ("README.md", "docs/alert-burden.md"))
    shown = readme.partition("<!-- alert burden -->")[2].partition("<!-- end of alert burden -->")[0]
    assert (version := re.search(r"knowledge (\S+):", shown)) is not None
    assert f"knowledge {version[1]}." in page
