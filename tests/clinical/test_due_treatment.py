"""What is proposed when a chart is opened (derivations 9.1, 9.2 rows 1 to 7, 10.2 M15, M16): form, route, interval."""

import pytest

from cds_service.clinical.errands import LabTest, Referral
from cds_service.clinical.evaluate import evaluate_chart
from cds_service.clinical.outcomes import Advice, CreateOrder, OrderTest, Refer
from cds_service.knowledge.tables import load
from tests.case_language import read

KNOWLEDGE = load().knowledge
LOW, SIGN, NONE_FOUND = (
    "B12 120 pg/mL, 7 days ago",
    "sign: paraesthesia, 5 days ago",
    "no sign: paraesthesia, 5 days ago",
)
H_SEVERE = "allergy: hydroxocobalamin, severe"
PERNICIOUS = "diagnosis: pernicious anaemia, 900 days ago"


def card(*given: str) -> Advice:
    """The one card of the chart."""
    situation = read(list(given))
    (found,) = evaluate_chart(situation.snapshot(), situation.knowledge(KNOWLEDGE)).advice
    return found


def options(*given: str) -> list[tuple[str, str, str]]:
    """(form, route, regimen) of every order that the card offers."""
    actions = [action for suggestion in card(*given).suggestions for action in suggestion.actions]
    made = [action.proposal for action in actions if isinstance(action, CreateOrder)]
    assert all(proposal.dose_ug == 1000 for proposal in made)
    return [(str(each.form), str(each.route), str(each.regimen)) for each in made]


HYDROXO, CYANO, MECO = "hydroxocobalamin", "cyanocobalamin", "mecobalamin"
IM, SC = "intramuscular", "subcutaneous"
ALTERNATE, SIX = "loading_neurological", "loading_non_neurological"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([LOW, SIGN], [(HYDROXO, IM, ALTERNATE)]),
        ([LOW, NONE_FOUND], [(HYDROXO, IM, SIX)]),
        ([LOW], [(HYDROXO, IM, ALTERNATE), (HYDROXO, IM, SIX)]),
        ([LOW, "diagnosis: diabetic neuropathy, 900 days ago"], [(HYDROXO, IM, ALTERNATE), (HYDROXO, IM, SIX)]),
        ([LOW, SIGN, "region us", "eGFR 80 mL/min/1.73m2, 7 days ago"], [(CYANO, IM, ALTERNATE)]),
        ([LOW, SIGN, "region us", "eGFR 40 mL/min/1.73m2, 7 days ago"], [(HYDROXO, IM, ALTERNATE)]),
        ([LOW, SIGN, "region us"], [(HYDROXO, IM, ALTERNATE)]),
        ([LOW, SIGN, "not stocked: hydroxocobalamin"], [(CYANO, IM, ALTERNATE)]),
        ([LOW, SIGN, "not stocked: hydroxocobalamin", "not stocked: cyanocobalamin"], [(MECO, IM, ALTERNATE)]),
        ([LOW, SIGN, "platelets 24 10*9/L, 3 days ago"], [(HYDROXO, SC, ALTERNATE)]),
        ([LOW, SIGN, "platelets 25 10*9/L, 3 days ago"], [(HYDROXO, IM, ALTERNATE)]),
        ([LOW, SIGN, "allergy: cyanocobalamin, severe"], []),
        ([LOW, SIGN, "not told: MedicationRequest refused"], []),
        ([LOW, SIGN, "child of 17"], []),
    ],
)
def test_a_first_course(given: list[str], expected: list[tuple[str, str, str]]) -> None:
    assert options(*given) == expected


def _late(interval: str, drug: str = HYDROXO, ended: int = 150) -> str:
    """Injections for a year; hydroxocobalamin covers 93 days from the last, the other forms 35."""
    return f"took: {drug} 1000 ug IM every {interval} for 365 d, since {365 + ended} days"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([_late("3 mo")], [(HYDROXO, IM, "maintenance_neurological")]),
        ([_late("3 mo"), "no sign: paraesthesia, 510 days ago"], [(HYDROXO, IM, "maintenance_non_neurological")]),
        ([_late("2 mo"), "no sign: paraesthesia, 510 days ago"], [(HYDROXO, IM, "maintenance_neurological")]),
        ([_late("1 mo")], [(HYDROXO, IM, "maintenance_monthly")]),
        ([_late("1 mo", CYANO, 100)], [(CYANO, IM, "maintenance_monthly")]),
        (
            [_late("1 mo", CYANO, 100), "eGFR 40 mL/min/1.73m2, 7 days ago"],
            [(HYDROXO, IM, "maintenance_monthly")],  # monthly stays monthly, in another form too
        ),
        ([_late("1 mo", MECO, 100)], [(MECO, IM, "maintenance_monthly")]),
    ],
)
def test_the_next_dose_is_of_the_form_given_and_never_rarer_than_before(
    given: list[str], expected: list[tuple[str, str, str]]
) -> None:
    """9.2 rows 4 to 7 and its last line; R-NOEQUIV, R-NOREDUCE."""
    assert options(PERNICIOUS, *given) == expected


def test_after_a_lapse_loading_and_the_next_dose_are_both_offered() -> None:
    found = options(PERNICIOUS, _late("3 mo", ended=250))
    assert [regimen for _, _, regimen in found] == [ALTERNATE, SIX, "maintenance_neurological"]


@pytest.mark.parametrize(
    ("region", "regimen"), [("region uk", "bariatric_three_monthly"), ("region us", "maintenance_monthly")]
)
def test_prevention_goes_on_as_the_region_does_it(region: str, regimen: str) -> None:
    given = ["procedure: Roux-en-Y gastric bypass, 900 days ago", "B12 400 pg/mL, 20 days ago", region]
    assert regimen in [each for _, _, each in options(*given, _late("3 mo"))]


def test_prevention_that_was_monthly_stays_monthly() -> None:
    given = ["procedure: Roux-en-Y gastric bypass, 900 days ago", "B12 400 pg/mL, 20 days ago"]
    assert "bariatric_three_monthly" not in [regimen for _, _, regimen in options(*given, _late("1 mo"))]


def test_pregnancy_asks_for_obstetric_advice_and_holotranscobalamin_and_delays_nothing() -> None:
    """9.2 row 18, 4.1: a low total B12 may be physiological."""
    (suggestion,) = card("woman of 30", "diagnosis: pregnant, 60 days ago", LOW, SIGN).suggestions
    assert suggestion.actions[1:] == (
        OrderTest(LabTest.HOLOTRANSCOBALAMIN),
        Refer(Referral.NEUROLOGY),
        Refer(Referral.HAEMATOLOGY),
        Refer(Referral.OBSTETRICS),
    )


def test_a_suspicion_rides_with_its_test_and_both_referrals() -> None:
    (suggestion,) = card("B12 250 pg/mL, 7 days ago", "eGFR 80 mL/min/1.73m2, 7 days ago", SIGN).suggestions
    assert suggestion.actions[1:] == (
        OrderTest(LabTest.MMA),
        Refer(Referral.NEUROLOGY),
        Refer(Referral.HAEMATOLOGY),
    )


def test_an_allergy_that_bars_every_form_asks_for_the_allergy_clinic_and_adds_nothing() -> None:
    (suggestion,) = card(LOW, SIGN, H_SEVERE).suggestions
    assert set(suggestion.actions) == {
        Refer(Referral.ALLERGY),
        Refer(Referral.NEUROLOGY),
        Refer(Referral.HAEMATOLOGY),
    }


def test_a_late_dose_that_an_allergy_bars_asks_for_the_allergy_clinic_too() -> None:
    (suggestion,) = card(PERNICIOUS, _late("2 mo"), H_SEVERE).suggestions
    assert Refer(Referral.ALLERGY) in suggestion.actions


@pytest.mark.parametrize(("days", "tests"), [(365, []), (366, [OrderTest(LabTest.B12)])])
def test_a_low_result_out_of_date_is_taken_again(days: int, tests: list[OrderTest]) -> None:
    """4.2 row 5."""
    (suggestion,) = card(f"B12 120 pg/mL, {days} days ago", SIGN).suggestions
    assert [action for action in suggestion.actions if isinstance(action, OrderTest)] == tests


def test_treatment_that_hangs_on_a_question_comes_before_everything_else() -> None:
    """10.2: M15 and M16 before all else; elsewhere the list of gaps comes last."""
    given = [
        "woman of 30",
        "diagnosis: planning pregnancy, 60 days ago",
        "procedure: Roux-en-Y gastric bypass, 900 days ago",
    ]
    labs = ["B12 120 pg/mL, 100 days ago", "MMA 400 nmol/L, 10 days ago", "eGFR 80 mL/min/1.73m2, 10 days ago"]
    found = evaluate_chart(read([*given, *labs]).snapshot(), KNOWLEDGE).advice
    assert [advice.rule.id for advice in found] == ["T-DATA", "T-BARI-PREG", "T-FUNCTIONAL"]
    assert found[0].suggestions


EGFR_40, EGFR_80 = "eGFR 40 mL/min/1.73m2, 7 days ago", "eGFR 80 mL/min/1.73m2, 7 days ago"


@pytest.mark.parametrize("kidneys", [EGFR_40, "sex not known"])
def test_a_lapsed_monthly_cyanocobalamin_stays_monthly_in_the_other_form(kidneys: str) -> None:
    """9.2, last line: the current interval of a lapsed order is the one that was held last."""
    found = options(PERNICIOUS, "region us", _late("1 mo", CYANO, 200), kidneys)
    assert [(form, regimen) for form, _, regimen in found] == [
        (HYDROXO, "loading_neurological"),
        (HYDROXO, "loading_non_neurological"),
        (HYDROXO, "maintenance_monthly"),
    ]


def test_a_lapsed_two_monthly_hydroxocobalamin_stays_two_monthly() -> None:
    assert options(PERNICIOUS, "region us", _late("2 mo", HYDROXO, 250), EGFR_40)[-1] == (
        HYDROXO,
        IM,
        "maintenance_neurological",
    )


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (["region us", _late("1 mo", CYANO, 200), EGFR_40], "form_choice.below_limit"),
        (["region us", _late("1 mo", CYANO, 200)], "form_choice.no_egfr"),
        (["region us", _late("1 mo", CYANO, 200), EGFR_80], None),
        (["region us", _late("2 mo", HYDROXO, 250), EGFR_80], None),
        (["region uk", _late("1 mo", CYANO, 100), EGFR_40], "form_choice.below_limit"),
        (["region uk", _late("1 mo", CYANO, 100), EGFR_80], None),
        (["region uk", _late("2 mo"), EGFR_40], None),
        (["region us", LOW, SIGN, EGFR_40], "form_choice.below_limit"),
        (["region us", LOW, SIGN, EGFR_80], None),
        (["region us", LOW, SIGN], "form_choice.no_egfr"),
        (["region us", LOW, SIGN, EGFR_80, "diagnosis: diabetic kidney disease, 300 days ago"], "form_choice.kidneys"),
        (
            ["region us", LOW, SIGN, EGFR_80, "diagnosis: Leber hereditary optic neuropathy, 300 days ago"],
            "form_choice.excluded",
        ),
        (["region us", LOW, SIGN, EGFR_80, "not stocked: cyanocobalamin"], "form_choice.not_in_stock"),
        (["region us", LOW, SIGN, EGFR_40, H_SEVERE], None),
    ],
)
def test_a_form_other_than_the_usual_or_the_last_says_why(given: list[str], why: str | None) -> None:
    said = [saying.key for saying in card(PERNICIOUS, *given).paragraphs if saying.key.startswith("form_choice.")]
    assert said == ([] if why is None else [why])
