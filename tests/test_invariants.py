"""What holds of every answer, whatever the patient (rules.md SG-25; derivations 2.1, 2.3, K-09)."""

from dataclasses import replace
from decimal import Decimal
from itertools import product
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.clinical.concepts import Analyte, Ingredient, ResourceKind, Route
from cds_service.clinical.conditions import Concept
from cds_service.clinical.evaluate import evaluate
from cds_service.clinical.forms import barred_forms
from cds_service.clinical.orders import MedicationOrder
from cds_service.clinical.outcomes import Advice, ChangeOrder, CreateOrder, Decision, Proposal, Recommend
from cds_service.clinical.precedence import rank
from cds_service.clinical.snapshot import AllergySeverity, LabResult
from cds_service.clinical.timing import DAYS_PER
from cds_service.clinical.topics import Family, Topic
from cds_service.knowledge.rules import RULES
from cds_service.knowledge.tables import load
from tests.case_language import Situation, read
from tests.clinical.builders import diagnosis, lab, operation
from tests.clinical.orders import record

KNOWLEDGE = load().knowledge
T = KNOWLEDGE.thresholds

ORDERS = (
    "cyanocobalamin 1000 ug IM every 1 mo", "cyanocobalamin 1000 ug IM every 3 mo",
    "cyanocobalamin 1000 ug oral daily", "cyanocobalamin 100 ug oral daily", "cyanocobalamin 500 ug nasal weekly",
    "cyanocobalamin 100 ug SC daily for 7 d", "cyanocobalamin 1000 ug IV weekly", "cyanocobalamin",
    "hydroxocobalamin 1000 ug IM 3 per wk for 2 wk x6", "hydroxocobalamin 1000 ug IM every 2 d",
    "hydroxocobalamin 1000 ug IM weekly", "hydroxocobalamin 1000 ug IM every 3 mo",
    "hydroxocobalamin 1000 ug IM every 6 mo", "hydroxocobalamin 1000 ug IV every 2 mo",
    "hydroxocobalamin 1000 mg IM once", "hydroxocobalamin 1 ug IM monthly", "hydroxocobalamin ? IM monthly",
    "hydroxocobalamin", "mecobalamin 500 ug IM 3 per wk", "mecobalamin 500 ug IM every 2 mo",
    "vitamin b12 1000 ug IM every 3 mo", "vitamin b12", "cyanocobalamin 1000 ug + gabapentin IM weekly",
    "cyanocobalamin 5 ug + folic acid 800 ug + another vitamin oral daily", "folic acid 5 mg oral daily",
    "folic acid 400 ug oral daily", "folic acid 5 mg oral weekly", "folic acid", "levomefolate 1 mg oral daily",
)  # fmt: skip
FACTS = (
    *(f"eGFR {value} mL/min/1.73m2, {ago} days ago" for value in ("20", "49.9", "50", "<60", "90") for ago in (5, 400)),
    *(f"B12 {value} pg/mL, {ago} days ago" for value in ("90", "179", "180", "350", "351", ">300") for ago in (5, 400)),
    *(f"holotranscobalamin {value} pmol/L, 5 days ago" for value in ("20", "50", "80")),
    *(f"MMA {value} nmol/L, 5 days ago" for value in ("200", "400")),
    *(f"{analyte} unreadable: unit missing" for analyte in ("B12", "eGFR")),
    "creatinine 1.0 mg/dL, 1 days ago", "creatinine 2.0 mg/dL, 3 days ago", "platelets 20 10*9/L, 3 days ago",
    "INR 5.2 {INR}, 3 days ago", "potassium 3.1 mmol/L, 2 days ago", "haemoglobin 62 g/L, 5 days ago",
    *(f"{kind}: paraesthesia, 5 days ago" for kind in ("sign", "no sign", "worse", "better")),
    *(
        f"diagnosis: {concept.value}, {days} days ago"
        for concept, days in (
            (Concept.PERNICIOUS_ANAEMIA, 900),
            (Concept.B12_DEFICIENCY, 60),
            (Concept.B12_DEFICIENCY_AMBIGUOUS, 60),
            (Concept.DIETARY_B12_DEFICIENCY, 60),
            (Concept.SUBACUTE_COMBINED_DEGENERATION, 30),
            (Concept.PERIPHERAL_NEUROPATHY, 30),
            (Concept.DIABETIC_NEUROPATHY, 400),
            (Concept.LEBER, 900),
            (Concept.TRANSCOBALAMIN_II_DEFICIENCY, 900),
            (Concept.METHYLMALONIC_ACIDAEMIA, 900),
            (Concept.DIABETES, 900),
            (Concept.DIABETIC_KIDNEY_DISEASE, 900),
            (Concept.CKD_STAGE_3B_TO_5, 100),
            (Concept.DIALYSIS, 100),
            (Concept.PREGNANT, 60),
            (Concept.VEGAN_DIET, 900),
            (Concept.CROHN_ILEAL, 900),
            (Concept.FOLATE_DEFICIENCY, 60),
            (Concept.BLEEDING_DISORDER, 900),
            (Concept.HEREDITARY_BLEEDING_DISORDER, 900),
        )
    ),
    "unconfirmed diagnosis: pernicious anaemia, 30 days ago",
    "diagnosis in remission: peripheral neuropathy, 30 days ago",
    "resolved diagnosis: peripheral neuropathy, 30 days ago",
    *(f"procedure: {name}, 900 days ago" for name in ("gastrectomy", "ileal resection", "Roux-en-Y gastric bypass")),
    "procedure: administration of vitamin B12, 20 days ago",
    "allergy: hydroxocobalamin, severe", "allergy: cyanocobalamin, mild",
    "takes: hydroxocobalamin 1000 ug IM every 3 mo, since 1400 days",
    "takes: hydroxocobalamin 1000 ug IM every 2 d, since 9 days",
    "takes: cyanocobalamin 1000 ug IM every 1 mo, since 300 days",
    "takes: cyanocobalamin 1000 ug oral daily, since 240 days",
    "takes: cyanocobalamin 50 ug oral daily, since 240 days",
    "took: hydroxocobalamin 1000 ug IM 3 per wk for 2 wk x6, since 50 days",
    "took: hydroxocobalamin 1000 ug IM every 3 mo for 12 mo, since 1400 days",
    *(f"takes: {drug}, since 900 days" for drug in ("methotrexate", "phenytoin", "metformin")),
    "takes: folic acid 400 ug oral daily, since 900 days", "takes: anticoagulant, since 900 days",
    "also drafted: pemetrexed 500 mg IV every 3 wk",
    *(f"also drafted: {text}" for text in ORDERS[::3]),
    *(f"not told: {kind.value} {how}" for kind in list(ResourceKind)[1:] for how in ("refused", "incomplete")),
    "an entry could not be read: Condition", "a medicine on record could not be identified", "region us",
    *(f"not stocked: {form}" for form in ("hydroxocobalamin", "cyanocobalamin", "mecobalamin")),
    "prescriber states: present", "prescriber states: assessed-absent",
    "order renews what is taken", "order's reason: Leber hereditary optic neuropathy",
    "child of 14", "man of 50", "age not known", "sex not known",
)  # fmt: skip
ANY = settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
orders, facts = st.sampled_from(ORDERS), st.lists(st.sampled_from(FACTS), max_size=9, unique=True)


def decide(order: str, situation: Situation, *, all_selected: bool = True) -> Decision:
    drafts = situation.orders(order)
    if all_selected:
        drafts = tuple(replace(draft, selected=True) for draft in drafts)
    return evaluate(drafts, situation.snapshot(), situation.knowledge(KNOWLEDGE))


def proposals(decision: Decision) -> list[tuple[int | None, Proposal]]:
    """What the cards would write, with the index of the draft that it changes."""
    found: list[tuple[int | None, Proposal]] = []
    for advice in decision.advice:
        for action in (action for suggestion in advice.suggestions for action in suggestion.actions):
            if isinstance(action, ChangeOrder):
                found.append((action.index, action.proposal))
            elif isinstance(action, CreateOrder):
                found.append((None, action.proposal))
    return found


def holds(order: str, sentences: list[str], *, all_selected: bool = True) -> Decision:
    """Ask, and check what holds of one answer."""
    situation = read(sentences)
    decision = decide(order, situation, all_selected=all_selected)
    shown = decision.advice
    assert len(shown) <= 3
    places = [_place(advice, decision) for advice in shown]
    assert places == sorted(places)
    assert [advice.indicator for advice in shown] == sorted((a.indicator for a in shown), reverse=True)
    assert len({advice.rule.topic for advice in shown}) == len(shown)
    said = [verdict.outcome.indicator for verdict in decision.verdicts if isinstance(verdict.outcome, Recommend)]
    assert max((a.indicator for a in shown), default=1) == max(said, default=1), "the most urgent verdict is shown"
    dosing = [advice for advice in shown if proposals(Decision((advice,)))]
    assert len(dosing) <= 1
    assert all(advice.rule.topic is not Topic.RENAL_UNKNOWN for advice in dosing)
    assert all(advice.settled_by in (None, dosing[0].rule.topic if dosing else None) for advice in shown)
    closed = barred_forms(situation.snapshot()) | situation.unavailable
    severe = any(allergy.severity is AllergySeverity.SEVERE for allergy in situation.allergies)
    assert not (severe and proposals(decision)), "no form until there is an allergy plan"
    drafts = {draft.index: draft for draft in situation.orders(order)}
    for index, proposal in proposals(decision):
        assert proposal.form not in closed
        assert proposal.route is not Route.INTRAVENOUS
        longest = _longest_interval(proposal, drafts.get(index) if index is not None else None)
        assert longest is None or longest <= _ceiling(proposal)
    return decision


def _place(advice: Advice, decision: Decision) -> float:
    """The rank of a card; of a topic with two places at one indicator, the one that a verdict claims."""
    said = [v.outcome for v in decision.verdicts if v.rule is advice.rule and isinstance(v.outcome, Recommend)]
    loudest = [outcome for outcome in said if outcome.indicator is advice.indicator]
    return min(rank(advice.rule.topic, advice.indicator, outcome.standing) for outcome in loudest)


def _longest_interval(proposal: Proposal, draft: MedicationOrder | None) -> Decimal | None:
    if proposal.regimen is not None:
        regimen = KNOWLEDGE.regimens[proposal.regimen]
        return (regimen.period_max or regimen.period) * DAYS_PER[regimen.unit] / regimen.frequency
    intervals = [step.timing.longest_interval for step in draft.steps if step.timing] if draft else []
    return max((interval for interval in intervals if interval is not None), default=None)


def _ceiling(proposal: Proposal) -> Decimal:
    if proposal.regimen == "antifolate_nine_weekly":
        return T.antifolate_interval_max_days
    hydroxocobalamin = proposal.form is Ingredient.HYDROXOCOBALAMIN
    return T.interval_max_hydroxocobalamin_days if hydroxocobalamin else T.interval_max_other_form_days


@ANY
@given(orders, facts, st.booleans())
def test_every_answer(order: str, sentences: list[str], all_selected: bool) -> None:
    holds(order, sentences, all_selected=all_selected)


@pytest.mark.parametrize("stock", [(), ("hydroxocobalamin",), ("hydroxocobalamin", "cyanocobalamin")])
@pytest.mark.parametrize("order", ORDERS)
def test_every_order_in_a_grid_of_patients(order: str, stock: tuple[str, ...]) -> None:
    nerves = ((), ("sign: paraesthesia, 5 days ago",), ("no sign: paraesthesia, 5 days ago",))
    status = ((), ("B12 120 pg/mL, 7 days ago",))
    kidneys = ((), ("eGFR 30 mL/min/1.73m2, 7 days ago",))
    excluded = ((), ("diagnosis: Leber hereditary optic neuropathy, 900 days ago",), ("allergy: mecobalamin, severe",))
    for parts in product(nerves, status, kidneys, excluded, ((), ("region us",))):
        holds(order, [sentence for part in parts for sentence in part] + [f"not stocked: {form}" for form in stock])


def test_the_open_ended_regimen_has_no_end_and_none_is_intravenous() -> None:
    assert KNOWLEDGE.regimens["loading_neurological"].bounds_weeks is None
    assert KNOWLEDGE.regimens["loading_neurological"].count is None
    assert all(each.route is not Route.INTRAVENOUS for each in KNOWLEDGE.regimens.values())


def _plain(decision: Decision) -> list[object]:
    """An answer without the order in which its evidence is told."""
    sets = [
        (frozenset(a.trace_rules), frozenset(a.found), frozenset(a.paragraphs), frozenset(a.missing))
        for a in decision.advice
    ]
    rest = [(a.rule.id, a.indicator, a.orders, a.say, a.suggestions, a.settled_by, a.also) for a in decision.advice]
    return [*sets, *rest]


@ANY
@given(orders, facts, st.integers(0, 10_000))
def test_the_order_of_facts_changes_nothing_and_the_same_input_gives_the_same_answer(
    order: str, sentences: list[str], seed: int
) -> None:
    situation = read(sentences)
    # Of two results of one analyte and one instant, in one class, either may be the one that is shown.
    instants = {(fact.analyte, fact.taken): fact for fact in situation.facts if isinstance(fact, LabResult)}
    situation.facts = [f for f in situation.facts if not isinstance(f, LabResult)] + list(instants.values())
    first = decide(order, situation)
    assert decide(order, situation) == first
    Random(seed).shuffle(situation.facts)  # noqa: S311 - not for secrets
    situation.allergies.reverse()
    assert _plain(decide(order, situation)) == _plain(first)


@ANY
@given(orders, facts)
def test_unrelated_facts_change_nothing(order: str, sentences: list[str]) -> None:
    situation = read(sentences)
    first = decide(order, situation)
    situation.facts += [
        lab(Analyte.BODY_WEIGHT, "70", days_ago=1),
        diagnosis(),
        operation(),
        record("another medicine 10 mg oral daily", reference="MedicationRequest/other"),
    ]
    assert decide(order, situation) == first


EGFRS = [[f"eGFR {value} mL/min/1.73m2, 5 days ago"] for value in ("15", "49.9", "50", "59", "60", "90")]
B12S = [[f"B12 {value} pg/mL, 5 days ago"] for value in ("90", "179", "180", "350", "351", "600")]
# What is missing: the words of sentences about it, how its absence is said, and what it could have been.
UNKNOWNS = {
    "eGFR": (("eGFR", "creatinine"), [], EGFRS),
    "B12": (("B12", "holotranscobalamin", "MMA"), [], B12S),
    "neurological status": (
        ("paraesthesia", "neuropathy", "prescriber states", "cord"),
        [],
        [["sign: paraesthesia, 5 days ago"], ["no sign: paraesthesia, 5 days ago"]],
    ),
    "medicines": (
        # Without old results: see the last test.
        ("takes", "took", "MedicationRequest", "a medicine on record", "order renews", "administration", "400 days"),
        ["not told: MedicationRequest refused"],
        [
            [],
            ["takes: hydroxocobalamin 1000 ug IM every 2 mo, since 1400 days"],
            ["takes: hydroxocobalamin 1000 ug IM every 2 d, since 5 days"],
            ["takes: cyanocobalamin 1000 ug oral daily, since 400 days"],
            ["took: hydroxocobalamin 1000 ug IM 3 per wk for 2 wk x6, since 50 days"],
            ["took: hydroxocobalamin 1000 ug IM every 3 mo for 12 mo, since 1400 days"],
            ["takes: methotrexate, since 100 days"],
        ],
    ),
}


def families(advice: Advice) -> set[Family]:
    """Of the card, and of those that it names because three are shown already."""
    return {rule.family for rule in RULES if rule.id in advice.trace_rules}


@pytest.mark.parametrize("unknown", UNKNOWNS)
@settings(ANY, max_examples=100)
@given(orders, facts)
def test_unknown_never_yields_a_stronger_act_than_the_strongest_that_it_could_be(
    unknown: str, order: str, sentences: list[str]
) -> None:
    about, missing, values = UNKNOWNS[unknown]
    rest = [sentence for sentence in sentences if not any(word in sentence for word in about)]
    told = [decide(order, read(rest + value)) for value in values]
    untold = decide(order, read(rest + missing))
    strongest = [max((int(a.indicator) for a in decision.advice), default=0) for decision in told]
    assert max((int(a.indicator) for a in untold.advice), default=0) <= max(1, *strongest), "stronger in total"
    for advice in untold.advice:
        same = [a.indicator for decision in told for a in decision.advice if advice.rule.family in families(a)]
        assert advice.indicator <= max(same, default=1), f"{advice.rule.id} is stronger"
    if min(strongest) > 1:
        assert untold.advice, "silent where every value warns"


def test_an_old_low_b12_beside_a_newer_one_is_no_proof_because_medicines_were_refused() -> None:
    results = ["B12 179 pg/mL, 400 days ago", "B12 180 pg/mL, 5 days ago"]
    order = "folic acid 5 mg oral daily"
    told = [decide(order, read([*results, *value])) for value in UNKNOWNS["medicines"][2]]
    untold = decide(order, read([*results, "not told: MedicationRequest refused"]))
    topics = {advice.rule.topic for decision in told for advice in decision.advice}
    assert {advice.rule.topic for advice in untold.advice} <= topics | {Topic.DATA}
