"""Crohn disease of the ileum: B12 once a year; prevention is an option where much of the ileum is involved.

Recommendation: R-CROHN-SCREEN, R-CROHN-PROPH, R-PROPH-HEADER, R-ORAL-CROHN, as resolved by C-11.
Strength: consensus for the yearly test; a systematic review finds no raised risk without resection.

When the chart of an adult with Crohn disease of the ileum, not covered with cobalamin, is opened, and there is no B12
    of the last 12 months,
Then inform, and offer the test.
When more than 60 cm of ileum are involved, or 30 to 60 cm with an indeterminate B12,
Then inform, and offer injections every month or 1000 micrograms by mouth every day; where it cannot be told whether a
    cobalamin is given, ask. A low B12 is a deficiency, and its treatment comes first.
Never a warning; no draft order is judged.
"""

from cds_service.clinical.absence import not_on_record
from cds_service.clinical.concepts import Analyte, ResourceKind
from cds_service.clinical.deficiency import DeficiencyStatus
from cds_service.clinical.errands import LabTest
from cds_service.clinical.outcomes import NotApplicable, Outcome, Rule
from cds_service.clinical.phase import Purpose
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Family, Occasion, Topic
from cds_service.clinical.validity import within_months
from cds_service.knowledge.rules.chart_prophylaxis import asks, chart_off, cover_not_told, ileum_involved, proposes

SCREEN = ("R-CROHN-SCREEN", "C-11")
PROPHYLAXIS = ("R-CROHN-PROPH", "R-CROHN-SCREEN", "R-PROPH-HEADER", "R-ORAL-CROHN", "C-11")


def evaluate(review: Review) -> Outcome:
    if (off := chart_off(review)) is not None:
        return off
    if not review.ileal_crohn:
        return not_on_record(review, "no Crohn disease of the ileum on record", ResourceKind.CONDITIONS)
    found = ileum_involved(review)
    test = () if _measured_this_year(review) else (LabTest.B12,)
    if _prevention_is_an_option(review):
        if cover_not_told(review):
            return asks(review, "crohns_ileal_involvement.given_not_known", PROPHYLAXIS, found, tests=test)
        return proposes(review, "crohns_ileal_involvement.prophylaxis", PROPHYLAXIS, found, tests=test)
    if test:
        return asks(review, "crohns_ileal_involvement.screen", SCREEN, found, tests=test)
    return NotApplicable("B12 was measured in the last 12 months, and prevention is no option by length")


def _measured_this_year(review: Review) -> bool:
    today, months = review.patient.snapshot.today, review.t.b12_valid_months
    return any(within_months(each.day, today, months) for each in review.patient.snapshot.results_of(Analyte.B12))


def _prevention_is_an_option(review: Review) -> bool:
    """9.2 row 17. A suspected deficiency is tested first."""
    length, t = review.ileum_involved_cm, review.t
    if length is None or review.purpose is not Purpose.PROPHYLAXIS:
        return False
    between = t.crohn_ileum_between_cm <= length <= t.crohn_ileum_long_cm
    doubtful = review.deficiency.status is DeficiencyStatus.INDETERMINATE
    return length > t.crohn_ileum_long_cm or (between and doubtful)


RULE = Rule(
    id="T-CROHN",
    topic=Topic.CROHN,
    family=Family.SCHEDULE,
    title="Crohn disease of the ileum",
    source="S-ESPEN-IBD",
    recommendations=("R-CROHN-SCREEN", "R-CROHN-PROPH", "R-PROPH-HEADER", "R-ORAL-CROHN"),
    evaluate=evaluate,
    asked_about=frozenset({Occasion.CHART}),
)
