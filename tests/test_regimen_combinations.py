"""Schedule and route through the whole evaluation: derivations 3.5 line by line, 2.8, the closed loop."""

from dataclasses import replace
from typing import Any

import pytest

from cds_service.clinical.concepts import Ingredient, Route
from cds_service.clinical.errands import LabTest, Referral
from cds_service.clinical.evaluate import evaluate
from cds_service.clinical.orders import MedicationOrder
from cds_service.clinical.outcomes import Advice, ChangeOrder, Decision, Proposal, Suggestion
from cds_service.clinical.topics import Indicator, Topic
from tests.applying import applied, now_ordered
from tests.case_language import Situation, read
from tests.test_cases import FILES, KNOWLEDGE

INFO, WARNING = Indicator.INFO, Indicator.WARNING
LOW, SIGN, NONE = "B12 120 pg/mL, 7 days ago", "sign: paraesthesia, 5 days ago", "no sign: paraesthesia, 5 days ago"
EGFR_90, EGFR_35 = "eGFR 90 mL/min/1.73m2, 10 days ago", "eGFR 35 mL/min/1.73m2, 10 days ago"
REFUSED = "not told: MedicationRequest refused"
ALTERNATE_SINCE = "takes: hydroxocobalamin 1000 ug IM every 2 d, since {} days"
TABLETS = "takes: cyanocobalamin 1000 ug oral daily, since 240 days"
PERNICIOUS = "diagnosis: pernicious anaemia, 2190 days ago"
SIX_DOSES = "hydroxocobalamin 1000 ug IM 3 per wk x6"


def decide(order: str, *given: str) -> Decision:
    situation = read(list(given))
    return _decision(situation, situation.orders(order))


def _decision(
    situation: Situation, orders: tuple[MedicationOrder, ...], ordered: frozenset[LabTest | Referral] = frozenset()
) -> Decision:
    return evaluate(orders, situation.snapshot(), situation.knowledge(KNOWLEDGE), ordered)


def cards(decision: Decision) -> list[tuple[Topic, Indicator]]:
    return [(advice.rule.topic, advice.indicator) for advice in decision.advice]


def proposals(decision: Decision) -> list[Proposal]:
    """Every dosing option of every card, in order."""
    options = [suggestion for advice in decision.advice for suggestion in advice.suggestions]
    return [action.proposal for option in options for action in option.actions if isinstance(action, ChangeOrder)]


def regimens(decision: Decision) -> list[str | None]:
    return [proposal.regimen for proposal in proposals(decision)]


EXAMPLES: list[tuple[str, str, list[str], list[tuple[Topic, Indicator]]]] = [
    ("no cobalamin, B12 120, no sign: every 3 months", "hydroxocobalamin 1000 ug IM every 3 mo",
     [LOW, NONE], [(Topic.REGIMEN_NONEURO, WARNING)]),
    ("the same, not examined: six doses", SIX_DOSES, [LOW], [(Topic.DATA, INFO)]),
    ("the same, sign present: six doses", SIX_DOSES, [LOW, SIGN], [(Topic.REGIMEN_NEURO, WARNING)]),
    ("six doses 5 weeks ago, no sign: every 2 to 3 months", "hydroxocobalamin 1000 ug IM every 2-3 mo",
     [LOW, NONE, "took: hydroxocobalamin 1000 ug IM 3 per wk x6, since 48 days"], []),
    ("six doses 5 weeks ago, neuropathy active: every 2 months", "hydroxocobalamin 1000 ug IM every 2 mo",
     [LOW, "diagnosis: peripheral neuropathy, 100 days ago",
      "took: hydroxocobalamin 1000 ug IM 3 per wk x6, since 48 days"], [(Topic.REGIMEN_NEURO, WARNING)]),
    ("3-monthly for 4 years, renewed", "hydroxocobalamin 1000 ug IM every 3 mo",
     ["takes: hydroxocobalamin 1000 ug IM every 3 mo, since 1461 days", "order renews what is taken"], []),
    ("ended 7 months ago, well: every 3 months", "hydroxocobalamin 1000 ug IM every 3 mo",
     [PERNICIOUS, "took: hydroxocobalamin 1000 ug IM every 3 mo for 787 d, since 1000 days"], [(Topic.DATA, INFO)]),
    ("ended 3 years ago, pernicious anaemia, no sign: every 3 months", "hydroxocobalamin 1000 ug IM every 3 mo",
     [PERNICIOUS, NONE, "took: hydroxocobalamin 1000 ug IM every 3 mo for 365 d, since 1460 days"],
     [(Topic.REGIMEN_NONEURO, WARNING)]),
    ("ended 3 years ago, pernicious anaemia, a sign: every 3 months", "hydroxocobalamin 1000 ug IM every 3 mo",
     [PERNICIOUS, SIGN, "took: hydroxocobalamin 1000 ug IM every 3 mo for 365 d, since 1460 days"],
     [(Topic.REGIMEN_NEURO, WARNING)]),
    ("pernicious anaemia for 6 years, no orders, B12 610: every 3 months", "hydroxocobalamin 1000 ug IM every 3 mo",
     [PERNICIOUS, "B12 610 pg/mL, 30 days ago"], []),
    ("the same, cyanocobalamin: the ceiling of the form", "cyanocobalamin 1000 ug IM every 3 mo",
     [PERNICIOUS, "B12 610 pg/mL, 30 days ago", EGFR_90], [(Topic.UNDERDOSE, WARNING)]),
    ("tablets for 8 months, B12 fine, no sign: injections every 2 to 3 months",
     "hydroxocobalamin 1000 ug IM every 2-3 mo", [TABLETS, "B12 600 pg/mL, 30 days ago", NONE], []),
    ("tablets, paraesthesia worse: injections every 2 months", "hydroxocobalamin 1000 ug IM every 2 mo",
     [TABLETS, "diagnosis: paraesthesia, 900 days ago", "worse: paraesthesia, 5 days ago"],
     [(Topic.REGIMEN_NEURO, WARNING)]),
    ("daily for 7 days until yesterday, no sign: weekly", "cyanocobalamin 1000 ug IM weekly x4",
     [LOW, NONE, EGFR_90, "took: cyanocobalamin 1000 ug IM daily x7, since 7 days"], []),
    ("alternate days, day 9, improving: every 2 months", "hydroxocobalamin 1000 ug IM every 2 mo",
     [LOW, "diagnosis: paraesthesia, 30 days ago", "better: paraesthesia, 2 days ago", ALTERNATE_SINCE.format(9)],
     [(Topic.REGIMEN_NEURO, WARNING)]),
    ("alternate days, day 40, plateau recorded: every 2 months", "hydroxocobalamin 1000 ug IM every 2 mo",
     [LOW, "diagnosis in remission: paraesthesia, 5 days ago", ALTERNATE_SINCE.format(40)], []),
    ("alternate days, day 40, no plateau recorded: every 2 months", "hydroxocobalamin 1000 ug IM every 2 mo",
     [LOW, "diagnosis: paraesthesia, 50 days ago", ALTERNATE_SINCE.format(40)], [(Topic.REGIMEN_NEURO, INFO)]),
    ("45 cm of ileum resected, B12 410: monthly", "hydroxocobalamin 1000 ug IM every 1 mo",
     ["procedure: ileal resection, 900 days ago", "length of ileum resected: 45 cm", "B12 410 pg/mL, 30 days ago"], []),
    ("pemetrexed drafted: every 9 weeks", "cyanocobalamin 1000 ug IM every 9 wk",
     ["also drafted: pemetrexed", EGFR_90], []),
    ("list refused: every 3 months", "hydroxocobalamin 1000 ug IM every 3 mo", [REFUSED], [(Topic.DATA, INFO)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("order", "given", "expected"), [row[1:] for row in EXAMPLES], ids=[row[0] for row in EXAMPLES]
)
def test_example_of_3_5(order: str, given: list[str], expected: list[tuple[Topic, Indicator]]) -> None:
    assert cards(decide(order, *given)) == expected


@pytest.mark.parametrize(("neuro", "expected"), [(NONE, []), (SIGN, [(Topic.REGIMEN_NEURO, INFO)])])
def test_daily_weekly_and_monthly_selected_together(neuro: str, expected: list[tuple[Topic, Indicator]]) -> None:
    """3.5; with a sign the loading part of seven days should not be the end (8.1)."""
    decision = _bundle(neuro)
    assert cards(decision) == expected


def test_a_bundle_that_is_asked_about_is_changed_in_its_loading_part_only() -> None:
    decision = _bundle()
    assert cards(decision) == [(Topic.DATA, INFO)]
    for suggestion in decision.advice[0].suggestions:
        assert [action.index for action in suggestion.actions if isinstance(action, ChangeOrder)] == [0]


def _bundle(*given: str) -> Decision:
    weekly, monthly = (f"also drafted: cyanocobalamin 1000 ug IM {when}" for when in ("weekly x4", "every 1 mo"))
    situation = read([LOW, EGFR_90, weekly, monthly, *given])
    orders = situation.orders("cyanocobalamin 1000 ug IM daily x7")
    return _decision(situation, tuple(replace(order, selected=True) for order in orders))


# --- 2.8, as far as the rules exist


def test_1000_mg_weekly_with_a_sign_is_one_correction_on_the_unit_card() -> None:
    decision = decide("hydroxocobalamin 1000 mg IM weekly", LOW, SIGN)
    assert cards(decision) == [(Topic.UNIT_ERROR, Indicator.CRITICAL), (Topic.REGIMEN_NEURO, WARNING)]
    assert regimens(decision) == ["loading_neurological"]
    assert decision.advice[1].settled_by is Topic.UNIT_ERROR


def test_platelets_9_with_a_sign_gives_the_subcutaneous_route() -> None:
    (proposal,) = proposals(decide("hydroxocobalamin 1000 ug IM weekly", LOW, SIGN, "platelets 9 10*9/L, 5 days ago"))
    assert (proposal.route, proposal.regimen) == (Route.SUBCUTANEOUS, "loading_neurological")


def test_pregnancy_with_a_sign_and_six_doses() -> None:
    decision = decide(SIX_DOSES, "B12 110 pg/mL, 7 days ago", SIGN, "diagnosis: pregnant, 60 days ago")
    assert cards(decision) == [(Topic.REGIMEN_NEURO, WARNING), (Topic.PREG, WARNING)]
    assert regimens(decision) == ["loading_neurological"]
    assert "paragraph.pregnancy" not in {saying.key for saying in decision.advice[0].paragraphs}, "T-PREG says it"


def test_leber_with_eGFR_35_and_a_sign_is_hydroxocobalamin_on_alternate_days() -> None:  # noqa: N802
    leber = "diagnosis: Leber hereditary optic neuropathy, 500 days ago"
    options = proposals(decide("cyanocobalamin 1000 ug IM weekly", LOW, SIGN, EGFR_35, leber))
    assert [(each.form, each.regimen) for each in options] == [(Ingredient.HYDROXOCOBALAMIN, "loading_neurological")]


def test_an_inherited_defect_gets_form_and_route_and_no_schedule() -> None:
    defect = "diagnosis: inherited cobalamin defect, 900 days ago"
    for order in ("cyanocobalamin 1000 ug IM every 1 mo", "cyanocobalamin 1000 ug oral daily"):
        (proposal,) = proposals(decide(order, LOW, SIGN, EGFR_35, defect))
        expected = (Ingredient.HYDROXOCOBALAMIN, Route.INTRAMUSCULAR, None, None)
        assert (proposal.form, proposal.route, proposal.dose_ug, proposal.regimen) == expected
    assert cards(decide("hydroxocobalamin 1000 ug IM every 1 mo", LOW, SIGN, EGFR_35, defect)) == [(Topic.REFER, INFO)]


# --- the target order (2.3, 9.2)


def test_a_small_dose_is_raised_and_the_interval_that_is_right_is_kept() -> None:
    monthly = "takes: hydroxocobalamin 1000 ug IM every 1 mo, since 1400 days"
    (proposal,) = proposals(decide("hydroxocobalamin 250 ug IM every 1 mo", monthly))
    assert (proposal.dose_ug, proposal.regimen) == (1000, None)


@pytest.mark.parametrize("order", ["hydroxocobalamin", "hydroxocobalamin 1000 ug IM every 4 mo"])
@pytest.mark.parametrize(
    ("held", "expected"),
    [("1", "maintenance_monthly"), ("2", "maintenance_neurological"), ("3", "maintenance_non_neurological")],
)
def test_no_interval_longer_than_the_current_one_is_proposed(order: str, held: str, expected: str) -> None:
    takes = f"takes: hydroxocobalamin 1000 ug IM every {held} mo, since 1400 days"
    assert regimens(decide(order, takes, "no sign: paraesthesia, 1395 days ago")) == [expected]


@pytest.mark.parametrize(
    ("order", "given", "form", "route", "regimen"),
    [
        ("cyanocobalamin 400 ug nasal weekly", [NONE], "cyanocobalamin", "oral", "oral_daily"),
        ("hydroxocobalamin 200 ug oral daily", [NONE], "cyanocobalamin", "oral", "oral_daily"),
        ("vitamin b12 200 ug oral daily", [NONE], "cyanocobalamin", "oral", "oral_daily"),
        ("mecobalamin 200 ug sublingual daily", [NONE], "mecobalamin", "sublingual", "oral_daily"),
        ("cyanocobalamin 200 ug oral daily", [NONE, EGFR_35], "hydroxocobalamin", "intramuscular",
         "loading_non_neurological"),
        ("cyanocobalamin 200 ug oral daily", [NONE, "procedure: Roux-en-Y gastric bypass, 900 days ago"],
         "hydroxocobalamin", "intramuscular", "loading_non_neurological"),
    ],
)  # fmt: skip
def test_by_mouth_stays_by_mouth_only_where_it_may(
    order: str, given: list[str], form: str, route: str, regimen: str
) -> None:
    (proposal,) = proposals(decide(order, LOW, *given))
    assert (proposal.form, proposal.route, proposal.regimen) == (form, route, regimen)


def test_after_a_gastric_bypass_without_deficiency_a_small_dose_by_mouth_is_raised_by_mouth() -> None:
    bypass = "procedure: Roux-en-Y gastric bypass, 900 days ago"
    assert regimens(decide("cyanocobalamin 200 ug oral daily", bypass, EGFR_90)) == ["oral_daily"]


def test_stable_tablets_in_pernicious_anaemia_stay_tablets_when_the_dose_is_a_slip() -> None:
    renews = (TABLETS, "order renews what is taken", PERNICIOUS, EGFR_90)
    assert regimens(decide("cyanocobalamin 1000 mg oral daily", *renews)) == ["oral_daily"]


def test_an_interval_that_nobody_judges_is_still_not_written_beyond_the_ceiling() -> None:
    """K-09: after a resection of unknown length any interval is silent (8.9), but an offer keeps within 93 days."""
    resection = "procedure: ileal resection, 900 days ago"
    found = proposals(decide("hydroxocobalamin 1000 ug IV every 4 mo", resection, "B12 500 pg/mL, 5 days ago"))
    assert [(each.route, each.regimen) for each in found] == [
        (Route.INTRAMUSCULAR, "maintenance_monthly"),
        (Route.INTRAMUSCULAR, "maintenance_non_neurological"),
    ]


def test_a_lapse_offers_loading_again_and_maintenance() -> None:
    ended = "took: hydroxocobalamin 1000 ug IM every 3 mo for 787 d, since 1000 days"
    found = regimens(decide("hydroxocobalamin 1000 ug IM every 3 mo", PERNICIOUS, ended))
    assert found == ["loading_neurological", "loading_non_neurological", "maintenance_neurological"]


def test_too_long_in_any_phase_is_mended_before_it_is_asked_whether_to_load() -> None:
    found = regimens(decide("cyanocobalamin 1000 ug IM every 3 mo", LOW, EGFR_90, REFUSED))
    assert found == ["maintenance_monthly", "loading_neurological", "loading_non_neurological"]


@pytest.mark.parametrize("neuro", [SIGN, NONE, None])
def test_without_a_route_no_act_is_stronger_than_for_the_strongest_route(neuro: str | None) -> None:
    given = [LOW, EGFR_90, *([neuro] if neuro is not None else [])]
    for timing in ("daily", "daily x7", "every 2 d", "3 per wk for 2 wk x6", "2 per wk", "weekly", "every 3 mo"):
        by_route = [decide(f"cyanocobalamin 1000 ug {route} {timing}", *given) for route in ("IM", "oral")]
        strongest = max((each for decision in by_route for _, each in cards(decision)), default=None)
        unknown = max((each for _, each in cards(decide(f"cyanocobalamin 1000 ug {timing}", *given))), default=None)
        assert (unknown or 0) <= (strongest or 0), timing
        # Examined without a sign, only the amount by mouth is in question, and no tablet is meant three times a week.
        assert neuro == NONE or (unknown is None) == (strongest is None), f"silent about {timing}"


# --- the closed loop


FILES_HERE = (
    "regimen_neurological",
    "regimen_non_neurological",
    "underdose",
    "route_oral_neurological",
    "route_oral_pernicious_anaemia",
    "route_oral_malabsorption",
    "ileal_resection_prophylaxis",
    "recurrence",
    "titration_on_labs",
    "data_gap",
)
FIRING = [
    pytest.param(case, id=f"{stem}: {case['name']}")
    for stem in FILES_HERE
    for case in FILES[stem]["case"]
    if case["ending"] in ("info", "warning") and case.get("offers") == "correction"
]


def _claimed(advice: Advice, decision: Decision) -> set[Topic]:
    return {other.rule.topic for other in decision.advice if other.settled_by is advice.rule.topic}


def _asking(decision: Decision) -> set[Topic]:
    """Topics of the cards; a refusal that T-DATA lists is not undone by any suggestion."""
    return {advice.rule.topic for advice in decision.advice if advice.say.key != "data_gap.not_told"}


@pytest.mark.parametrize("case", FIRING)
def test_an_applied_suggestion_silences_its_topic(case: dict[str, Any]) -> None:
    situation = read(case.get("given", []))
    orders = situation.orders(case["order"])
    decision = _decision(situation, orders)
    worst = max(indicator for _, indicator in cards(decision))
    carriers = [advice for advice in decision.advice if any(_changes(each) for each in advice.suggestions)]
    assert len(carriers) == 1, "a card that asks for a correction, and no proposal or several"
    claimed = _claimed(carriers[0], decision)
    for suggestion in filter(_changes, carriers[0].suggestions):
        changed = applied(orders, suggestion, situation.knowledge(KNOWLEDGE))
        after = _decision(situation, changed, now_ordered(suggestion))
        assert carriers[0].rule.topic not in _asking(after), suggestion
        # Whether to load may stay open where the interval alone is mended; another option answers that.
        assert not (claimed - {Topic.DATA}) & _asking(after), suggestion
        claimed -= {Topic.DATA} - _asking(after)
        assert max((each for _, each in cards(after)), default=INFO) <= worst
    assert Topic.DATA not in claimed


def _changes(suggestion: Suggestion) -> bool:
    """Or left out, where put right it would double a running loading course."""
    return "leave_out" in suggestion.say.key or any(isinstance(each, ChangeOrder) for each in suggestion.actions)
