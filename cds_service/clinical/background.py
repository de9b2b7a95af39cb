"""Evidence beside a schedule: pain, other neuropathies, a sore tongue. Only what the record asks for; no proposal."""

from cds_service.clinical.conditions import COMPETING_NEUROPATHIES, Concept
from cds_service.clinical.outcomes import Saying
from cds_service.clinical.review import Review


def background(review: Review) -> tuple[Saying, ...]:
    """Only what this patient's record gives a reason for."""
    found = []
    neurology = review.neurology
    if any(sign.concept is Concept.NEUROPATHIC_PAIN for sign in neurology.signs) and not neurology.absent:
        found.append(Saying("background.pain"))
    cause = neurology.other_cause
    if cause is not None and cause.concepts & COMPETING_NEUROPATHIES:
        found.append(Saying("background.other_neuropathy"))
        if Concept.DRUG_INDUCED_NEUROPATHY in cause.concepts:
            found.append(Saying("background.after_chemotherapy"))
    if not neurology.present and review.patient.has(Concept.GLOSSITIS):
        found.append(Saying("background.sore_tongue"))
    return tuple(found)
