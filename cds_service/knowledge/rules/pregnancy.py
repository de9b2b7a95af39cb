"""Vitamin B12 in pregnancy: how a result reads, urgent advice, and no delay.

Recommendation: SG-02, R-BARI-PREG, C-25, as made exact by derivations 2.7 and 9.2 row 18.
Strength: UK specialist pharmacy advice and product information.

When a cobalamin is ordered in pregnancy
    and neurological involvement is present, and the phase is loading or not known: warn;
    otherwise, when the phase is loading: inform.
Urgent haematology and obstetric advice in both, and treatment is not delayed for it. Folic acid is never removed.
Where an inherited cobalamin defect is recorded or possible, nothing is said of schedules: the metabolic team (2.4).
After bariatric surgery: B12 every 3 months, and beta-carotene instead of retinol.
Maintenance, prophylaxis and nutritional products are silent. Breast-feeding is a paragraph of the schedule rules.
"""

from cds_service.clinical import evidence, words
from cds_service.clinical.absence import not_on_record
from cds_service.clinical.concepts import Answer, ResourceKind
from cds_service.clinical.conditions import BARIATRIC
from cds_service.clinical.errands import Referral
from cds_service.clinical.outcomes import CannotTell, NotApplicable, Offer, Outcome, Recommend, Rule, Saying
from cds_service.clinical.phase import Phase
from cds_service.clinical.review import Review
from cds_service.clinical.tests_due import b12_tests
from cds_service.clinical.topics import Family, Indicator, Topic

_ADVICE = (Referral.HAEMATOLOGY, Referral.OBSTETRICS)


def evaluate(review: Review) -> Outcome:
    if review.order.cobalamin is None or review.scope.nutritional:
        return NotApplicable("not an order for treatment with a cobalamin")
    if review.patient.pregnant is Answer.NO:
        return NotApplicable("not pregnant")
    if review.patient.pregnant is Answer.UNKNOWN:
        return not_on_record(review, "no pregnancy on record", ResourceKind.CONDITIONS, ResourceKind.FINDINGS)
    phase, nerves = review.phase.phase, review.neurology.present
    if nerves and phase in (Phase.LOADING, Phase.UNKNOWN):
        return _fires(review, Indicator.WARNING)
    if phase is Phase.LOADING:
        return _fires(review, Indicator.INFO)
    if phase is Phase.UNKNOWN and review.neurology.unknown:
        return CannotTell(("neurological examination",))
    return NotApplicable("neither loading nor neurological signs at an unknown phase")


def _fires(review: Review, indicator: Indicator) -> Recommend:
    specialist = review.patient.inherited_defect is not Answer.NO
    nerves = review.neurology.present
    bariatric = review.patient.has(*BARIATRIC)
    tests = () if specialist else b12_tests(review)
    return Recommend(
        indicator=indicator,
        say=Saying(f"pregnancy.{_key(review, specialist=specialist, nerves=nerves)}", {"drug": words.drug(review)}),
        recommendations=("SG-02", *(("R-BARI-PREG", "C-25") if bariatric else ())),
        found=(
            evidence.order(review),
            *evidence.pregnancy(review),
            *evidence.deficiency(review),
            *(evidence.neurology(review) if nerves else ()),
            *evidence.phase(review),
        ),
        offer=Offer.NOTHING,
        tests=tests,
        referrals=(*_ADVICE, Referral.METABOLIC) if specialist else _ADVICE,
        paragraphs=(
            *((Saying("pregnancy.bariatric"),) if bariatric else ()),
            *((Saying("paragraph.sample_first"),) if tests else ()),
            *words.result_remarks(review),
        ),
    )


def _key(review: Review, *, specialist: bool, nerves: bool) -> str:
    if specialist:
        return "inherited_defect"
    if review.patient.severe_allergy:
        return "allergy"
    return "neurological" if nerves else "loading"


RULE = Rule(
    id="T-PREG",
    topic=Topic.PREG,
    family=Family.PERSON,
    title="Vitamin B12 in pregnancy",
    source="S-SPS-PREG",
    recommendations=("SG-02", "R-BARI-PREG", "C-25"),
    evaluate=evaluate,
)
