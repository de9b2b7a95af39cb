"""What happens to a draft that must not be given (derivations 1.2 row 9, 1.5, 2.3, 2.8), and what is only an aside."""

from dataclasses import replace

import pytest

from cds_service.clinical.errands import Referral
from cds_service.clinical.evaluate import evaluate
from cds_service.clinical.outcomes import Advice, DeleteOrder, OrderTest, Refer
from cds_service.clinical.topics import Topic
from tests.applying import applied, now_ordered
from tests.case_language import read
from tests.test_critical_forms import C_ALLERGY, DEFECT, H_ALLERGY, LEBER, NO_OTHER, WEEKLY, referrals
from tests.test_form_combinations import (
    CRITICAL,
    EGFR_35,
    KNOWLEDGE,
    MONTHLY,
    RENEWS,
    SIGNS,
    STABLE_INJECTED,
    WARNING,
    cards,
    decide,
    paragraphs,
    proposals,
)

NOTHING_STOCKED = [*NO_OTHER, "not stocked: cyanocobalamin"]
H_MILD = "allergy: hydroxocobalamin, mild"


def removals(advice: Advice) -> list[set[int]]:
    """The drafts that each suggestion of a card takes away, where it takes any."""
    taken = [{a.index for a in each.actions if isinstance(a, DeleteOrder)} for each in advice.suggestions]
    return [indices for indices in taken if indices]


def test_anaphylaxis_offers_the_removal_with_the_referrals_and_the_referrals_alone() -> None:
    (only,) = decide("hydroxocobalamin 1000 ug IM every 2 d", H_ALLERGY, *SIGNS).advice
    removal, errands = only.suggestions
    assert removals(only) == [{0}]
    urgent = {Referral.ALLERGY, Referral.HAEMATOLOGY, Referral.NEUROLOGY}
    for suggestion in (removal, errands):
        assert {a.referral for a in suggestion.actions if isinstance(a, Refer)} == urgent
        assert not suggestion.recommended
    assert "cobalamin_allergy.plan" in paragraphs(only)


def test_the_removal_applied_leaves_nothing_to_say() -> None:
    situation = read([H_ALLERGY, *SIGNS])
    drafts = situation.orders("hydroxocobalamin 1000 ug IM every 2 d")
    snapshot = situation.snapshot()
    removal = evaluate(drafts, snapshot, KNOWLEDGE).advice[0].suggestions[0]
    after = applied(drafts, removal, KNOWLEDGE)
    assert after == ()
    assert evaluate(after, snapshot, KNOWLEDGE, now_ordered(removal)).advice == ()


def test_referrals_that_are_ordered_already_are_not_asked_for_again() -> None:
    situation = read([H_ALLERGY])
    drafts = situation.orders(MONTHLY.replace("cyano", "hydroxo"))
    ordered = frozenset({Referral.ALLERGY, Referral.HAEMATOLOGY})
    (only,) = evaluate(drafts, situation.snapshot(), KNOWLEDGE, ordered).advice
    assert [[type(a) for a in each.actions] for each in only.suggestions] == [[DeleteOrder]]
    assert only.suggestions[0].say.key == "suggestion.delete"


@pytest.mark.parametrize(
    "order", ["cyanocobalamin 1000 ug + gabapentin oral daily", "multivitamin 5 ug oral daily",
              "cyanocobalamin 1000 ug + another vitamin oral daily"]
)  # fmt: skip
@pytest.mark.parametrize("excluding", [[C_ALLERGY], [LEBER, *NO_OTHER]])
def test_a_product_that_holds_more_than_cobalamin_is_never_removed(order: str, excluding: list[str]) -> None:
    decision = decide(order, *excluding)
    assert decision.advice[0].indicator is CRITICAL
    assert [removals(advice) for advice in decision.advice] == [[]] * len(decision.advice)


def test_a_draft_that_another_form_could_replace_is_not_removed_because_nothing_is_offered_for_it() -> None:
    (only,) = decide("cyanocobalamin 1000 ug + gabapentin oral daily", LEBER).advice
    assert "offer.another_medicine" in paragraphs(only)
    assert "offer.not_removed" not in paragraphs(only)
    situation = read([LEBER, *SIGNS, "also drafted: cyanocobalamin"])
    drafts = tuple(replace(draft, selected=True) for draft in situation.orders("cyanocobalamin"))
    decision = evaluate(drafts, situation.snapshot(), KNOWLEDGE)
    assert all(removals(advice) == [] for advice in decision.advice)


def test_it_is_said_why_it_is_not_removed() -> None:
    (only,) = decide("cyanocobalamin 1000 ug + gabapentin oral daily", C_ALLERGY).advice
    assert "offer.not_removed" in paragraphs(only)


def test_another_form_is_a_warning_and_removes_nothing() -> None:
    decision = decide(WEEKLY, H_ALLERGY, "eGFR 80 mL/min/1.73m2, 10 days ago", *SIGNS)
    assert cards(decision) == [(Topic.ALLERGY, WARNING), (Topic.REGIMEN_NEURO, WARNING)]
    assert all(removals(advice) == [] for advice in decision.advice)
    assert Referral.ALLERGY in referrals(decision)


def test_the_last_form_that_may_be_given_is_not_removed_for_the_kidneys() -> None:
    decision = decide(MONTHLY, H_ALLERGY, EGFR_35, *STABLE_INJECTED)
    assert cards(decision) == [(Topic.ALLERGY, WARNING), (Topic.CYANO_RENAL, WARNING)]
    assert all(removals(advice) == [] for advice in decision.advice)


@pytest.mark.parametrize(
    ("excluding", "topic"),
    [(LEBER, Topic.CYANO_LEBER), ("order's reason: Leber hereditary optic neuropathy", Topic.CYANO_LEBER),
     (DEFECT, Topic.CYANO_IEM)],
)  # fmt: skip
def test_no_form_left_offers_the_removal_with_an_urgent_referral(excluding: str, topic: Topic) -> None:
    decision = decide(MONTHLY, excluding, *STABLE_INJECTED, *NO_OTHER)
    assert cards(decision) == [(topic, CRITICAL)]
    assert proposals(decision) == []
    assert removals(decision.advice[0]) == [{0}]
    assert referrals(decision)
    assert "offer.no_form_left" in paragraphs(decision.advice[0])


@pytest.mark.parametrize("order", [WEEKLY, "hydroxocobalamin 1000 ug IM weekly", "hydroxocobalamin 1000 mg IM weekly"])
def test_no_form_left_is_said_by_every_carrier(order: str) -> None:
    """2.3: also where only stock stands against it; never without an urgent referral."""
    decision = decide(order, *SIGNS, *NOTHING_STOCKED)
    assert proposals(decision) == []
    assert removals(decision.advice[0]) == [{0}]
    assert Referral.HAEMATOLOGY in referrals(decision)
    assert "offer.no_form_left" in paragraphs(decision.advice[0])


def test_a_draft_is_offered_for_removal_on_one_card_only() -> None:
    decision = decide("cyanocobalamin 1000 mg IM weekly", C_ALLERGY, LEBER, EGFR_35)
    assert [removals(advice) for advice in decision.advice] == [[{0}], [], []]


def test_two_drafts_that_caused_anaphylaxis_are_taken_away_together() -> None:
    situation = read([C_ALLERGY, "also drafted: cyanocobalamin 1000 ug oral daily"])
    drafts = tuple(replace(draft, selected=True) for draft in situation.orders(MONTHLY))
    (first, *_) = evaluate(drafts, situation.snapshot(), KNOWLEDGE).advice
    assert removals(first) == [{0, 1}]


# --- asides


def test_a_reaction_to_another_form_that_was_not_severe_stands_in_another_card() -> None:
    decision = decide("hydroxocobalamin 1000 ug IM weekly", "allergy: cyanocobalamin, mild", *SIGNS)
    assert cards(decision) == [(Topic.REGIMEN_NEURO, WARNING)]
    assert "cobalamin_allergy.aside" in paragraphs(decision.advice[0])


def test_alone_it_is_silent() -> None:
    order = "hydroxocobalamin 1000 ug IM every 2 mo"
    assert cards(decide(order, "allergy: cyanocobalamin, mild", *STABLE_INJECTED, RENEWS)) == []
    assert cards(decide(order, "allergy: hydroxocobalamin, intolerance", *STABLE_INJECTED, RENEWS)) == []


def test_it_is_said_once() -> None:
    decision = decide(WEEKLY, "allergy: mecobalamin, mild", EGFR_35, *SIGNS)
    assert len(decision.advice) > 1
    said = ["cobalamin_allergy.aside" in paragraphs(advice) for advice in decision.advice]
    assert said == [True] + [False] * (len(said) - 1)


def test_a_form_that_is_proposed_although_a_mild_reaction_to_it_is_on_record_says_so() -> None:
    decision = decide(MONTHLY, H_MILD, EGFR_35, *STABLE_INJECTED)
    assert cards(decision) == [(Topic.CYANO_RENAL, WARNING)]
    assert proposals(decision)
    assert "cobalamin_allergy.proposed_form" in paragraphs(decision.advice[0])


def test_the_card_about_cobalt_stands_below_every_other_warning() -> None:
    decision = decide(WEEKLY, "allergy: cobalt, mild", EGFR_35, *SIGNS)
    assert [topic for topic, _ in cards(decision)] == [Topic.REGIMEN_NEURO, Topic.CYANO_RENAL, Topic.ALLERGY]


# --- what is active on record


@pytest.mark.parametrize(
    ("order", "given", "said"),
    [
        (MONTHLY, [LEBER, "takes: cyanocobalamin 1000 ug IM every 1 mo, since 900 days"], True),
        (MONTHLY, [LEBER, "takes: hydroxocobalamin 1000 ug IM every 2 mo, since 900 days"], False),
        (MONTHLY, [LEBER, "took: cyanocobalamin 1000 ug IM every 1 mo, since 900 days"], False),
        (MONTHLY, [DEFECT, "takes: mecobalamin 1000 ug IM every 1 mo, since 900 days"], True),
        (MONTHLY, [DEFECT, "takes: hydroxocobalamin 1000 ug IM daily, since 900 days"], False),
        (MONTHLY, [C_ALLERGY, "takes: cyanocobalamin 1000 ug oral daily, since 900 days"], True),
        (MONTHLY, [C_ALLERGY, "takes: hydroxocobalamin 1000 ug IM every 2 mo, since 900 days"], False),
    ],
)
def test_what_must_not_be_given_and_is_active_on_record_is_named(order: str, given: list[str], said: bool) -> None:
    first = decide(order, *given).advice[0]
    assert ("form_choice.active_too" in paragraphs(first)) is said
    references = {found.reference for found in first.found if found.name == "active on record"}
    assert references == ({"MedicationRequest/record-1"} if said else set())


COURSE = "takes: hydroxocobalamin 1000 ug IM every 2 d, since 9 days"
DUE = ["B12 120 pg/mL, 20 days ago", "sign: paraesthesia, 15 days ago"]


@pytest.mark.parametrize(
    "order",
    [
        "hydroxocobalamin 1000 ug IM every 2 mo",
        "hydroxocobalamin 1000 ug IM weekly",
        "hydroxocobalamin 1000 ug IM",
        "cyanocobalamin 1000 ug oral daily",
        "hydroxocobalamin 1000 mg IM every 2 mo",
    ],
)
def test_a_draft_beside_a_running_loading_course_is_left_out_and_never_made_a_second_one(order: str) -> None:
    advice = decide(order, COURSE, *DUE).advice
    assert removals(advice[0]) == [{0}]
    assert advice[0].suggestions[0].say.key.startswith("suggestion.leave_out")
    assert "offer.running_course" in paragraphs(advice[0])
    assert all(isinstance(a, DeleteOrder | Refer | OrderTest) for c in advice for s in c.suggestions for a in s.actions)


def test_a_draft_that_renews_the_running_course_is_put_right() -> None:
    decision = decide("hydroxocobalamin 1000 ug IM every 2 mo", COURSE, RENEWS, *DUE)
    assert not [taken for advice in decision.advice for taken in removals(advice)]
    assert [p.regimen for p in proposals(decision)] == ["loading_neurological"]


def test_without_signs_a_second_six_dose_course_is_not_proposed_either() -> None:
    given = ["B12 120 pg/mL, 20 days ago", "no sign: paraesthesia, 5 days ago"]
    running = "takes: hydroxocobalamin 1000 ug IM 3 per wk for 2 wk x6, since 5 days"
    advice = decide("hydroxocobalamin 1000 ug IM", running, *given).advice
    assert removals(advice[0]) == [{0}]
    assert not [a for c in advice for s in c.suggestions for a in s.actions if not isinstance(a, DeleteOrder)]
