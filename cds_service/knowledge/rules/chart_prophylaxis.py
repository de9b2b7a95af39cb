"""What T-ILEAL-PROPH and T-CROHN share when a chart is opened: is prevention due at all, and how their cards are made.

When the patient is 18 or more, and none of these holds:
    an inherited cobalamin defect, or end-of-life care;
    pemetrexed or pralatrexate without confirmed deficiency: their own schedule applies;
    deficiency confirmed, or suspected with neurological signs: its treatment comes first (untreated.py);
    a cobalamin that fully covers (1.4; after bariatric surgery 350 micrograms a day by mouth is enough);
    treatment on record that ended 30 days ago or less, or whose end or renewal is not known: M16 asks about that,
Then the rule goes on to its own question (the length of ileum, the last B12). Unknown age: it cannot tell.
Where it proposes, a cobalamin to start, and first the sample for the B12 test that would tell more; where it asks, text
    and tests only, and whether a cobalamin is given stands under what could not be checked.
All of it informs.
"""

from decimal import Decimal

from cds_service.clinical import evidence, phrases, words
from cds_service.clinical.concepts import Answer
from cds_service.clinical.conditions import REMOVES_ILEUM, Concept
from cds_service.clinical.cover import Cover
from cds_service.clinical.due_treatment import chart_cover, not_for_this_patient, treatment_indicated
from cds_service.clinical.errands import LabTest
from cds_service.clinical.outcomes import CannotTell, Input, NotApplicable, Offer, Recommend, Saying
from cds_service.clinical.phase import Purpose
from cds_service.clinical.review import Review
from cds_service.clinical.tests_due import b12_tests
from cds_service.clinical.topics import Indicator


def chart_off(review: Review) -> NotApplicable | CannotTell | None:
    """Why prophylaxis is not the question for this patient, or None where it is."""
    if review.patient.adult is Answer.UNKNOWN:
        return CannotTell(("birth date",))
    if review.patient.adult is Answer.NO:
        return NotApplicable("the patient is under 18: adult regimens do not apply")
    if why := not_for_this_patient(review):
        return NotApplicable(why)
    if review.purpose is Purpose.ANTIFOLATE_PROPHYLAXIS:
        return NotApplicable("an antifolate is given: its own schedule applies")
    if treatment_indicated(review):
        return NotApplicable("a deficiency is on record: its treatment comes first")
    if chart_cover(review).cover is Cover.FULL:
        return NotApplicable("a cobalamin covers")
    if _judged_as_overdue(review):
        return NotApplicable("treated before: whether a dose is late is asked by the regimen and data gap rules")
    return None


def _judged_as_overdue(review: Review) -> bool:
    """M16 says when a dose on record is late, and asks where its renewal is not on record."""
    treatment = review.patient.treatment
    if not treatment.records:
        return False
    if cover_not_told(review) or treatment.covered_until is None:
        return True
    return (treatment.today - treatment.covered_until).days <= review.t.treatment_overdue_days


def cover_not_told(review: Review) -> bool:
    return chart_cover(review).cover is Cover.UNKNOWN


def proposes(
    review: Review,
    key: str,
    recommendations: tuple[str, ...],
    found: tuple[Input, ...],
    tests: tuple[LabTest, ...] = (),
) -> Recommend:
    """A cobalamin to start, with the B12 test that would tell more, taken first."""
    return _card(review, key, recommendations, found, Offer.ADD_COBALAMIN, (*b12_tests(review), *tests), ())


def asks(
    review: Review,
    key: str,
    recommendations: tuple[str, ...],
    found: tuple[Input, ...],
    missing: tuple[str, ...] = (),
    tests: tuple[LabTest, ...] = (),
) -> Recommend:
    """Text and tests only. missing: what the clinician may know."""
    if cover_not_told(review):
        missing = (*missing, f"whether vitamin B12 is given: {chart_cover(review).by}")
    return _card(review, key, recommendations, found, Offer.NOTHING, tests, missing)


def _card(
    review: Review,
    key: str,
    recommendations: tuple[str, ...],
    found: tuple[Input, ...],
    offer: Offer,
    tests: tuple[LabTest, ...],
    missing: tuple[str, ...],
) -> Recommend:
    sample = (Saying("paragraph.sample_first"),) if tests and offer is Offer.ADD_COBALAMIN else ()
    return Recommend(
        indicator=Indicator.INFO,
        say=Saying(key, _values(review)),
        recommendations=recommendations,
        found=(*found, *evidence.deficiency(review), *evidence.cover(review)),
        offer=offer,
        tests=tuple(dict.fromkeys(tests)),
        missing=tuple(dict.fromkeys((*missing, *review.cobalamin_gaps))),
        paragraphs=(*sample, *words.result_remarks(review)),
    )


def _values(review: Review) -> dict[str, str]:
    resected, involved = review.patient.ileum_resected_cm, review.ileum_involved_cm
    return {"resected": _cm(resected), "involved": _cm(involved)}


def _cm(length: Decimal | None) -> str:
    return f"{phrases.significant(length)} cm" if length is not None else "a length not on record"


def ileum_resected(review: Review) -> tuple[Input, ...]:
    """The operations and the lengths behind a card about an ileal resection."""
    return (*evidence.recorded(review, *REMOVES_ILEUM), *_lengths(review, Concept.ILEAL_RESECTION_LENGTH))


def ileum_involved(review: Review) -> tuple[Input, ...]:
    """The diagnosis and the lengths behind a card about Crohn disease."""
    diagnoses = evidence.recorded(review, Concept.CROHN_ILEAL, Concept.CROHN)
    return (*diagnoses, *_lengths(review, Concept.ILEAL_INVOLVEMENT_LENGTH))


def _lengths(review: Review, concept: Concept) -> tuple[Input, ...]:
    findings = review.patient.snapshot.findings
    return tuple(evidence.length(each) for each in findings if each.concept is concept and each.present)
