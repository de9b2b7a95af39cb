"""What we were not told, and what it leaves open: one card for every gap that no other card names.

Recommendation: SG-19, SG-25 to SG-28 of the rule base; R-LOAD-NEURO and R-LOAD-NONEURO where both stay open.
Strength: this project's judgement: unknown is never normal.

When loading is due and neurological status is unknown, and the draft would be right only without neurological signs,
    or the draft names no timing, inform and offer both regimens; choosing one states what was found.
When loading is due by mouth, or it may be, and neurological status is unknown, say that signs would ask for injections.
When treatment has lapsed, or maintenance is drafted and no loading is on record, inform and offer both; where no end of
    the last treatment is written, say that the lapse is assumed and ask when the last dose was given.
When maintenance is drafted with active signs, and the course on record was too short for them and ended over 90 days
    ago, inform and offer alternate days, with urgent neurology and haematology.
When the dose of a cobalamin order was written and cannot be read, that leads, and any of these questions follows it.
When part of the record was refused, failed, was not sent or could not be read, say which part; of a nutritional
    product only diagnoses and allergies are asked, and results where renal cards judge its dose. A birth date or a
    platelet count that does not exist is called not on record.
When a chart is opened and neither results nor diagnoses nor medicines were told, say that nothing was looked at.
When a chart is opened and treatment is due, ask what decides it: an examination, whether a lapse needs loading, the
    age, or whether treatment is given at all; and, where treatment on record has ended and diagnoses, procedures or
    results were not told, why it was given (untreated.py).
"""

from dataclasses import replace

from cds_service.clinical import evidence, words
from cds_service.clinical.chart_scope import STARTING_KINDS, nothing_told
from cds_service.clinical.concepts import Answer, Ingredient, ResourceKind
from cds_service.clinical.deficiency import DeficiencyStatus
from cds_service.clinical.maintenance_interval import Relapse, relapse_of
from cds_service.clinical.orders import NeurologicalStatement
from cds_service.clinical.outcomes import NotApplicable, Offer, Outcome, Recommend, Rule, Saying
from cds_service.clinical.phase import Phase
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Family, Indicator, Occasion, Topic
from cds_service.knowledge.rules import untreated
from cds_service.knowledge.rules.cyanocobalamin_order import cyanocobalamin_order
from cds_service.knowledge.rules.folic_acid_order import treatment_dose_without_cover
from cds_service.knowledge.rules.inherited_defect_chart import treatment_not_on_record
from cds_service.knowledge.rules.regimen import URGENT, fires, nothing_to_propose, schedule_rules_off

LOADING = ("R-LOAD-NEURO", "R-LOAD-NONEURO", "SG-26")
NEUROLOGICAL = ("R-LOAD-NEURO", "C-21")


def evaluate(review: Review) -> Outcome:
    if review.occasion is Occasion.CHART:
        if nothing_told(review.patient.snapshot.availability):
            return _nothing_told(review)
        defect = review.patient.inherited_defect is Answer.YES
        return treatment_not_on_record(review) if defect else untreated.question(review)
    if review.order.drug_unknown:
        return _unknown_drug()
    if review.order.cobalamin is None and treatment_dose_without_cover(review) is not None:
        return NotApplicable("no cobalamin and no treatment dose of folic acid without cover")
    if review.scope.nutritional:
        return _nutritional(review)
    question = _open_question(review)
    dose = review.order.cobalamin is not None and review.order.dose_unreadable
    if question is not None:
        return _dose_first(review, question) if dose else question
    if not review.gaps:
        return NotApplicable(
            "all that this order depends on was told; what is not on record is named by the rule that asks for it"
        )
    return _not_told(review, "data_gap.dose" if dose else _whole(review, review.gaps), review.gaps)


def _dose_first(review: Review, question: Recommend) -> Recommend:
    """SG-19, SG-28: a dose that cannot be read may be a thousandfold off, so it leads, and the question follows."""
    say = Saying("data_gap.dose", {"drug": words.drug(review)})
    return replace(
        question,
        say=say,
        recommendations=tuple(dict.fromkeys((*question.recommendations, "SG-19", "SG-28"))),
        paragraphs=(question.say, *question.paragraphs),
    )


def _nutritional(review: Review) -> Outcome:
    """1.2 row 10: only Leber disease, inherited defects and allergy are asked of it, so only their gaps are named; and
    the kidneys where a single dose counts however rarely it is swallowed (SG-20; 6.3 row 12)."""
    renal = () if isinstance(cyanocobalamin_order(review), NotApplicable) else (ResourceKind.RESULTS,)
    gaps = review.patient.gap_names(*renal, ResourceKind.CONDITIONS, ResourceKind.ALLERGIES) + review.defect_gaps
    return _not_told(review, _whole(review, gaps), gaps) if gaps else NotApplicable("a nutritional product")


def _whole(review: Review, gaps: tuple[str, ...]) -> str:
    """1.5: where all was told, and a type of disease or a fact is simply not there, nothing is unreadable."""
    if gaps == review.defect_gaps:
        return "data_gap.defect_type"
    return "data_gap.not_on_record" if frozenset(gaps) <= review.not_on_record else "data_gap.not_told"


def _not_told(review: Review, key: str, gaps: tuple[str, ...]) -> Recommend:
    return Recommend(
        indicator=Indicator.INFO,
        say=Saying(key, {"drug": words.drug(review)}),
        recommendations=("SG-25", "SG-26"),
        found=(evidence.order(review),),
        offer=Offer.NOTHING,
        missing=gaps,
    )


def _nothing_told(review: Review) -> Recommend:
    """Silence when a chart is opened says that nothing is due; here nobody has looked."""
    return Recommend(
        indicator=Indicator.INFO,
        say=Saying("data_gap.chart_not_told"),
        recommendations=("SG-25",),
        offer=Offer.NOTHING,
        missing=review.patient.gap_names(*STARTING_KINDS),
    )


def _unknown_drug() -> Recommend:
    """Decision 19: a Medication that could not be read is an unknown drug, and named."""
    return Recommend(
        indicator=Indicator.INFO,
        say=Saying("data_gap.unknown_drug"),
        recommendations=("SG-25",),
        offer=Offer.NOTHING,
        missing=("the drug of the order",),
    )


def _open_question(review: Review) -> Recommend | None:
    """Which of two schedules is right cannot be told, and the clinician can."""
    if schedule_rules_off(review) is not None:
        return None
    if review.non_parenteral:
        return _oral(review)
    loading = review.phase.phase is Phase.LOADING or (
        review.phase.phase is Phase.UNKNOWN and not review.presumed_maintenance
    )
    if loading:
        return _which_loading(review)
    if review.order.stated_neurology is NeurologicalStatement.ASSESSED_ABSENT:
        return None  # maintenance was chosen from an earlier card that asked, with the statement that it writes
    if review.phase.short_course is not None:
        return _too_short(review)
    if review.lapse:
        key = "data_gap.lapse_assumed" if review.phase.last_dose_assumed else "data_gap.lapse"
        return _ask(review, key, ("R-MAINT-NONEURO", "K-11"))
    if review.asks_whether_loading_was_given:
        return _ask(review, "data_gap.loading_given", LOADING)
    maintenance = review.phase.phase is Phase.MAINTENANCE and relapse_of(review) is not Relapse.WORSE
    if maintenance and _long_without_history(review):
        return _ask(review, "data_gap.maintenance_interval", ("C-05", "SG-25"))
    return None


def _too_short(review: Review) -> Recommend:
    """3.3 row 9 ends 90 days after the course, and 3.4 bars a warning: the card informs, with all that is due."""
    found = fires(review, Indicator.INFO, "data_gap.course_too_short", NEUROLOGICAL)
    say = Saying(found.say.key, {**found.say.values, **words.short_course(review)})
    return replace(found, say=say, referrals=URGENT)


def _which_loading(review: Review) -> Recommend | None:
    """9.2 row 3 and 8.3. Where another cause is possible either course is accepted in silence."""
    if review.neurology.present or review.neurology.absent:
        return None
    if not review.course.known:
        if nothing_to_propose(review):
            return None
        other = "data_gap.other_cause_proposal" if review.neurology.other_cause_possible else None
        return _both(review, other or "data_gap.neurology_proposal")
    if review.course.later_part:
        return None
    if review.route_unclear and review.phase.phase is Phase.LOADING:
        return _if_signs_injections(review, "data_gap.route")
    if review.deficiency.status is DeficiencyStatus.UNLIKELY and review.phase.phase is Phase.UNKNOWN:
        return None
    if review.neurology.other_cause_possible or review.right_with_neurology or not review.right_without_neurology:
        return None
    return _both(review, "data_gap.neurology")


def _oral(review: Review) -> Recommend | None:
    """8.3, last row: an oral start while neurological status is unknown. Any dose: with signs none is enough."""
    if review.phase.phase is not Phase.LOADING or review.neurology.present or review.neurology.absent:
        return None
    other = review.neurology.other_cause_possible
    return _if_signs_injections(review, "data_gap.oral_other_cause" if other else "data_gap.neurology_oral")


def _if_signs_injections(review: Review, key: str) -> Recommend:
    other = review.neurology.other_cause_possible  # then no gap is named, and the card stands by its question
    return fires(
        review, Indicator.INFO, key, ("SG-26",), offer=Offer.NOTHING, both_options=other, asks_neurology=not other
    )


def _long_without_history(review: Review) -> bool:
    """8.4, 64 to 93 days, history unknown, a new order; a range of 2 to 3 months is accepted."""
    t, interval = review.t, review.course.interval
    if review.order.cobalamin is not Ingredient.HYDROXOCOBALAMIN or interval is None or review.course.is_range:
        return False
    long = t.interval_max_hydroxocobalamin_neuro_days < interval <= t.interval_max_hydroxocobalamin_days
    return long and review.neurological_history is Answer.UNKNOWN and not review.same_interval_as_current


def _both(review: Review, key: str) -> Recommend:
    return fires(review, Indicator.INFO, key, LOADING, both_options=True)


def _ask(review: Review, key: str, recommendations: tuple[str, ...]) -> Recommend:
    return fires(review, Indicator.INFO, key, recommendations)


RULE = Rule(
    id="T-DATA",
    topic=Topic.DATA,
    family=Family.HOUSEKEEPING,
    title="Missing or unusable data",
    source="J-PROJECT",
    recommendations=(
        "SG-19",
        "SG-25",
        "SG-26",
        "SG-27",
        "SG-28",
        "R-LOAD-NEURO",
        "R-LOAD-NONEURO",
        "R-MAINT-NONEURO",
    ),
    evaluate=evaluate,
    asked_about=frozenset({Occasion.DRAFT, Occasion.CHART}),
)
