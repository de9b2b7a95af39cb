"""Prophylaxis after resection of more than 20 cm of ileum: injections for life, though no deficiency is on record.

Recommendation: R-ILEAL20, R-PROPH-HEADER, R-PERM-CAUSE, as resolved by C-10.
Strength: ESPEN consensus, read through a secondary page; a systematic review is surer above 30 cm than from 20 to 30.

When an adult with more than 20 cm of ileum resected and no deficiency on record is ordered a cobalamin that is not
    injected, or one that is injected less often than every 93 days (hydroxocobalamin) or 35 days (other forms),
Then inform, and offer monthly injections, or hydroxocobalamin every 2 to 3 months.
When the chart of such a patient is opened and no cobalamin covers, inform and offer the same;
    where it cannot be told whether one is given, ask.
When an ileal resection (not a hemicolectomy) is recorded without a length and no cobalamin covers, ask for the length.
Silent at 20 cm or less; on the chart also where a deficiency is to be treated, where a dose on record is not late yet,
    and in end-of-life care.
"""

from cds_service.clinical.absence import not_on_record
from cds_service.clinical.concepts import ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.outcomes import CannotTell, NotApplicable, Outcome, Rule
from cds_service.clinical.phase import Phase, Purpose
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Family, Indicator, Occasion, Topic
from cds_service.knowledge.rules.chart_prophylaxis import (
    asks,
    chart_off,
    cover_not_told,
    ileum_resected,
    proposes,
)
from cds_service.knowledge.rules.regimen import fires, judged_as_hydroxocobalamin, schedule_rules_off

RECOMMENDATIONS = ("R-ILEAL20", "R-PROPH-HEADER", "R-PERM-CAUSE", "C-10")


def evaluate(review: Review) -> Outcome:
    return _chart(review) if review.occasion is Occasion.CHART else _draft(review)


def _draft(review: Review) -> Outcome:
    """Derivations 8.9, first two rows: a length that is not on record is not judged."""
    if (off := schedule_rules_off(review)) is not None:
        return off
    if not review.long_ileal_resection:
        if review.short_ileal_resection:
            return NotApplicable("20 cm of ileum or less was resected")
        because = "no resection of more than 20 cm of ileum on record"
        return not_on_record(review, because, ResourceKind.PROCEDURES, ResourceKind.CONDITIONS, ResourceKind.FINDINGS)
    if review.phase.phase is not Phase.PROPHYLAXIS or review.purpose is Purpose.ANTIFOLATE_PROPHYLAXIS:
        return NotApplicable("not prophylaxis after the resection: other rules judge it")
    found = ileum_resected(review)
    if review.non_parenteral:
        key = "ileal_resection_prophylaxis.not_injected"
        return fires(review, Indicator.INFO, key, RECOMMENDATIONS, found_also=found)
    interval, t = review.course.interval, review.t
    uk = judged_as_hydroxocobalamin(review)
    limit = t.interval_max_hydroxocobalamin_days if uk else t.interval_max_other_form_days
    if interval is None or interval <= limit:
        return NotApplicable("the interval is accepted, or none is stated")
    return fires(review, Indicator.INFO, "ileal_resection_prophylaxis.interval", RECOMMENDATIONS, found_also=found)


def _chart(review: Review) -> Outcome:
    """Derivations 10.2, M11."""
    if (off := chart_off(review)) is not None:
        return off
    found = ileum_resected(review)
    if review.long_ileal_resection:
        if cover_not_told(review):
            return asks(review, "ileal_resection_prophylaxis.given_not_known", RECOMMENDATIONS, found)
        return proposes(review, "ileal_resection_prophylaxis.due", RECOMMENDATIONS, found)
    if review.short_ileal_resection:
        return NotApplicable("20 cm of ileum or less was resected")
    if review.patient.has(Concept.ILEAL_RESECTION):
        if cover_not_told(review):
            return CannotTell(review.cobalamin_gaps)
        missing = ("length of ileum resected",)
        return asks(review, "ileal_resection_prophylaxis.length_not_known", RECOMMENDATIONS, found, missing)
    return not_on_record(review, "no ileal resection on record", ResourceKind.PROCEDURES, ResourceKind.CONDITIONS)


RULE = Rule(
    id="T-ILEAL-PROPH",
    topic=Topic.ILEAL_PROPH,
    family=Family.SCHEDULE,
    title="Prophylaxis after ileal resection",
    source="S-ESPEN-IBD",
    recommendations=("R-ILEAL20", "R-PROPH-HEADER", "R-PERM-CAUSE"),
    evaluate=evaluate,
    asked_about=frozenset({Occasion.DRAFT, Occasion.CHART}),
)
