"""Worked combinations of derivations 2.8 that turn on platelets and potassium, through the whole evaluation."""

from decimal import Decimal

from cds_service.clinical.concepts import Ingredient, Route
from cds_service.clinical.errands import LabTest, Referral
from cds_service.clinical.outcomes import OrderTest, Proposal, Refer
from cds_service.clinical.topics import Topic
from fhir_mappings.orders import changed_order
from tests.test_form_combinations import INFO, SIGNS, WARNING, card, cards, decide, ordered_tests, paragraphs, proposals

ALTERNATE_DAYS = "hydroxocobalamin 1000 ug IM every 2 d"
PLATELETS_9 = "platelets 9 10*9/L, 3 days ago"


def test_platelets_9_and_signs_keep_the_course_and_move_it_under_the_skin() -> None:
    decision = decide(ALTERNATE_DAYS, PLATELETS_9, *SIGNS)
    assert cards(decision) == [(Topic.PLT, WARNING)]
    (proposal,) = proposals(decision)
    assert (proposal.form, proposal.route) == (Ingredient.HYDROXOCOBALAMIN, Route.SUBCUTANEOUS)
    assert (proposal.dose_ug, proposal.regimen) == (1000, None), "the same order"
    assert decision.advice[0].say.key == "thrombocytopenia.very_low_neurological"
    said = [key for key in paragraphs(decision.advice[0]) if "proposed" in key]
    assert said == [], "the card itself names the muscle, and how: once"
    (suggestion,) = decision.advice[0].suggestions
    assert Refer(Referral.HAEMATOLOGY) in suggestion.actions


def test_platelets_9_and_signs_with_weekly_doses_the_regimen_carries_the_skin() -> None:
    decision = decide("hydroxocobalamin 1000 ug IM weekly", PLATELETS_9, *SIGNS)
    assert cards(decision) == [(Topic.PLT, WARNING), (Topic.REGIMEN_NEURO, WARNING)]
    (proposal,) = proposals(decision)
    assert (proposal.regimen, proposal.route, proposal.dose_ug) == ("loading_neurological", Route.SUBCUTANEOUS, 1000)
    assert card(decision, Topic.PLT).settled_by is Topic.REGIMEN_NEURO


def test_the_route_option_settles_the_topic() -> None:
    assert cards(decide("hydroxocobalamin 1000 ug SC every 2 d", PLATELETS_9, *SIGNS)) == []


def test_low_potassium_severe_anaemia_and_platelets_18_offer_the_route_only() -> None:
    given = ("potassium 3.1 mmol/L, 1 days ago", "haemoglobin 62 g/L, 1 days ago", "platelets 18 10*9/L, 1 days ago")
    decision = decide(ALTERNATE_DAYS, *given, *SIGNS)
    assert cards(decision) == [(Topic.POTASSIUM, WARNING), (Topic.PLT, WARNING)]
    (proposal,) = proposals(decision)
    assert (proposal.route, proposal.regimen) == (Route.SUBCUTANEOUS, None)
    assert ordered_tests(decision) == {LabTest.POTASSIUM, LabTest.CBC}
    potassium = card(decision, Topic.POTASSIUM)
    assert all(isinstance(action, OrderTest) for s in potassium.suggestions for action in s.actions)


def test_platelets_anticoagulant_and_buttock_are_one_card() -> None:
    decision = decide(
        "hydroxocobalamin 1000 ug IM gluteal every 2 d", PLATELETS_9, "takes: anticoagulant, since 90 days", *SIGNS
    )
    assert cards(decision) == [(Topic.PLT, WARNING)]
    only = decision.advice[0]
    assert {"anticoagulation.few_platelets", "injection_site.buttock"} <= paragraphs(only)
    assert {"T-PLT", "T-ANTICOAG", "T-SITE", "R-SITE-BUTTOCK"} <= set(only.trace_rules)


def test_few_platelets_leave_a_right_order_alone_from_25_on() -> None:
    decision = decide(ALTERNATE_DAYS, "platelets 25 10*9/L, 3 days ago", *SIGNS)
    assert cards(decision) == [(Topic.PLT, INFO)]
    assert proposals(decision) == []


def test_an_order_without_timing_takes_the_skin_into_its_proposal() -> None:
    decision = decide("hydroxocobalamin", PLATELETS_9, *SIGNS)
    assert cards(decision) == [(Topic.PLT, WARNING), (Topic.REGIMEN_NEURO, INFO)]
    assert {proposal.route for proposal in proposals(decision)} == {Route.SUBCUTANEOUS}


def test_no_blood_count_is_named_beside_a_card_and_raises_none() -> None:
    line = "full blood count and potassium not on record (last 30 and 7 days)"
    assert cards(decide(ALTERNATE_DAYS, *SIGNS)) == []
    decision = decide("hydroxocobalamin 1000 ug IM weekly", *SIGNS)
    assert cards(decision) == [(Topic.REGIMEN_NEURO, WARNING)]
    assert line in decision.advice[0].missing


def test_thrombocytopenia_without_a_count_is_a_gap_of_its_own() -> None:
    decision = decide(ALTERNATE_DAYS, "diagnosis: thrombocytopenia, 90 days ago", *SIGNS)
    assert cards(decision) == [(Topic.DATA, INFO)]
    assert any(name.startswith("platelet count") for name in decision.advice[0].missing)


def test_a_changed_order_leaves_the_site_out() -> None:
    """cards.md 5: the whole of dosageInstruction is rewritten, the buttock with it."""
    site = {"coding": [{"system": "http://snomed.info/sct", "code": "46862004"}]}
    timing = {"repeat": {"frequency": 1, "period": 2, "periodUnit": "d"}}
    draft = {"resourceType": "MedicationRequest", "id": "d", "dosageInstruction": [{"timing": timing, "site": site}]}
    proposal = Proposal(Ingredient.HYDROXOCOBALAMIN, Route.SUBCUTANEOUS, Decimal(1000), None)
    (instruction,) = changed_order(draft, (), proposal, None, "uk", patient_id="p")["dosageInstruction"]
    assert instruction["timing"] == timing
    assert "site" not in instruction


def test_an_old_low_count_is_called_old() -> None:
    decision = decide("hydroxocobalamin 1000 ug IM every 2 mo", "platelets 18 10*9/L, 31 days ago")
    assert "thrombocytopenia.old" in paragraphs(card(decision, Topic.PLT))
    decision = decide("hydroxocobalamin 1000 ug IM every 2 mo", "platelets 18 10*9/L, 30 days ago")
    assert "thrombocytopenia.old" not in paragraphs(card(decision, Topic.PLT))


def test_a_high_inr_asks_for_haematology_advice_and_offers_the_skin() -> None:
    decision = decide("hydroxocobalamin 1000 ug IM every 2 mo", "INR 5.2 {INR}, 3 days ago")
    assert cards(decision) == [(Topic.ANTICOAG, WARNING)]
    assert [each.route for each in proposals(decision)] == [Route.SUBCUTANEOUS]
    assert Refer(Referral.HAEMATOLOGY) in decision.advice[0].suggestions[0].actions
