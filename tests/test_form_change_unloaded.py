"""A change of form while loading may or may not have been given (derivations 2.3c): the drafted timing comes first."""

import pytest

from cds_service.clinical.orders import NeurologicalStatement
from cds_service.clinical.outcomes import Advice, ChangeOrder, CreateOrder, Proposal, Saying
from tests.test_folate_combinations import decide

MONTHLY = "cyanocobalamin 1000 ug IM monthly"
OLD = "diagnosis: pernicious anaemia, 1800 days ago"
LOADING = ["loading_neurological", "loading_non_neurological"]
EGFR_40, EGFR_80 = "eGFR 40 mL/min/1.73m2, 9 days ago", "eGFR 80 mL/min/1.73m2, 9 days ago"
NEPHROPATHY = ("diagnosis: diabetic kidney disease, 300 days ago", EGFR_80)


def proposals(order: str, *given: str) -> list[tuple[str, Proposal]]:
    """What the first card offers for the draft, with the words before each."""
    return [
        (suggestion.say.values["condition"], action.proposal)
        for suggestion in first(order, *given).suggestions
        for action in suggestion.actions
        if isinstance(action, ChangeOrder)
    ]


def first(order: str, *given: str) -> Advice:
    return decide(order, *given).advice[0]


@pytest.mark.parametrize("region", ["region us", "region uk"])
@pytest.mark.parametrize(
    "reason",
    [
        (EGFR_40,),
        ("diagnosis: Leber hereditary optic neuropathy, 900 days ago", EGFR_80),
        NEPHROPATHY,
        (EGFR_40, "not told: MedicationRequest not supplied"),
        (EGFR_40, "not told: MedicationRequest refused"),
    ],
)
def test_the_drafted_timing_in_the_new_form_comes_first(reason: tuple[str, ...], region: str) -> None:
    offered = proposals(MONTHLY, OLD, region, *reason)
    assert [each.form.value for _, each in offered] == ["hydroxocobalamin"] * 3
    assert [each.regimen for _, each in offered] == [None, *LOADING], "None: the timing stays as drafted"
    assert [words for words, _ in offered] == [
        "If loading was already given:",
        "If any neurological sign:",
        "If examined and no sign found:",
    ]
    assert [each.states for _, each in offered] == [
        None,
        NeurologicalStatement.PRESENT,
        NeurologicalStatement.ASSESSED_ABSENT,
    ]


def test_with_signs_on_record_loading_comes_first() -> None:
    offered = proposals(MONTHLY, OLD, EGFR_40, "sign: paraesthesia, 5 days ago")
    assert [each.regimen for _, each in offered] == [LOADING[0], None]


def test_after_a_lapse_the_drafted_timing_is_for_who_needs_no_new_loading() -> None:
    lapsed = "took: cyanocobalamin 1000 ug IM monthly for 365 d, since 600 days"
    offered = proposals(MONTHLY, OLD, EGFR_40, lapsed)
    assert offered[0][0] == "If no new loading course is needed:"
    assert [each.regimen for _, each in offered] == [None, *LOADING]


def test_without_deficiency_on_record_nothing_is_asked_and_the_timing_stays() -> None:
    ((words, kept),) = proposals(MONTHLY, EGFR_40)
    assert (words, kept.regimen) == ("", None)


def test_on_treatment_the_timing_stays() -> None:
    running = "takes: cyanocobalamin 1000 ug IM monthly, since 1400 days"
    ((words, kept),) = proposals(MONTHLY, OLD, EGFR_40, running)
    assert (words, kept.regimen) == ("", None)


def test_a_rarer_draft_is_shortened_for_who_was_loaded() -> None:
    offered = proposals("cyanocobalamin 1000 ug IM every 3 mo", OLD, EGFR_40)
    assert [each.regimen for _, each in offered] == ["maintenance_neurological", *LOADING]


def test_a_form_that_stays_is_no_option_of_its_own_card() -> None:
    offered = proposals("hydroxocobalamin 1000 ug IM every 2 mo", OLD)
    assert [each.regimen for _, each in offered] == LOADING


def test_the_question_beside_a_change_of_form_does_not_say_that_nothing_changes() -> None:
    (question,) = [each for each in decide(MONTHLY, OLD, EGFR_40).advice if each.say.key == "data_gap.loading_given"]
    assert not question.suggestions


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("diagnosis: Leber hereditary optic neuropathy, 900 days ago",), True),
        ((EGFR_40,), True),
        ((EGFR_40, OLD), False),
        ((EGFR_40, "B12 120 pg/mL, 7 days ago"), False),
    ],
)
def test_tablets_that_become_injections_without_a_deficiency_on_record_are_asked_about(
    given: tuple[str, ...], said: bool
) -> None:
    card = first("cyanocobalamin 1000 ug oral daily", *given)
    assert any(action for each in card.suggestions for action in each.actions if isinstance(action, ChangeOrder))
    assert (Saying("offer.need_not_on_record") in card.paragraphs) is said


def test_an_injection_that_changes_its_form_is_not_asked_about() -> None:
    assert Saying("offer.need_not_on_record") not in first(MONTHLY, EGFR_40).paragraphs


@pytest.mark.parametrize(("given", "said"), [((), True), (("no sign: paraesthesia, 790 days ago",), False)])
def test_every_two_months_for_want_of_a_history_says_so(given: tuple[str, ...], said: bool) -> None:
    taken = "takes: cyanocobalamin 1000 ug oral daily, since 800 days"
    card = first("cyanocobalamin 1000 ug oral daily", OLD, taken, EGFR_40, *given)
    assert (Saying("offer.interval_history_unknown") in card.paragraphs) is said


def test_a_bare_order_keeps_the_current_interval_in_the_new_form() -> None:
    """9.2, last line: monthly stays monthly."""
    running = "takes: cyanocobalamin 1000 ug IM monthly, since 1400 days"
    ((_, kept),) = proposals("cyanocobalamin 1000 ug IM", OLD, EGFR_40, running)
    assert (kept.form.value, kept.regimen) == ("hydroxocobalamin", "maintenance_monthly")


@pytest.mark.parametrize(("kidneys", "form"), [(EGFR_40, "hydroxocobalamin"), (EGFR_80, "cyanocobalamin")])
def test_what_takes_the_place_of_a_stopped_monthly_order_is_monthly(kidneys: str, form: str) -> None:
    given = (f"takes: {MONTHLY}, since 1400 days", "order is what is taken", "order is stopped: drug level too high")
    (suggestion,) = first(MONTHLY, OLD, "region us", kidneys, *given).suggestions
    (made,) = [action.proposal for action in suggestion.actions if isinstance(action, CreateOrder)]
    assert (made.form.value, made.regimen) == (form, "maintenance_monthly")
