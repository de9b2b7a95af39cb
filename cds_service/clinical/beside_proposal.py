"""What a dosing proposal brings along for this patient, where no card speaks of it (9.2 row 19, 9.4; SG-06).

T-K, T-PLT and T-ANTICOAG judge a draft. A course that is proposed is no draft yet: at the chart, beside folic acid, for
tablets, after a relapse. The card that proposes it says the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from cds_service.clinical import evidence, phrases, words
from cds_service.clinical.bleeding_risk import Platelets, called_over, high_inr
from cds_service.clinical.concepts import Route
from cds_service.clinical.conditions import BLEEDING
from cds_service.clinical.errands import Referral
from cds_service.clinical.outcomes import (
    CannotTell,
    ClientText,
    Input,
    Offer,
    Proposal,
    Recommend,
    Saying,
)
from cds_service.clinical.potassium_at_start import potassium_at_start, values_at_start
from cds_service.clinical.review import Review
from cds_service.clinical.snapshot import LabResult
from cds_service.clinical.topics import Indicator

LOADING = frozenset({"loading_neurological", "loading_non_neurological"})


@dataclass(frozen=True, slots=True)
class Beside:
    """rule: the id of the rule whose words these are. outcome: text, tests, referrals and evidence for the carrier."""

    rule: str
    outcome: Recommend


def brought_along(review: Review, proposals: Iterable[Proposal], spoken: frozenset[str]) -> tuple[Beside, ...]:
    """spoken: the wording groups that the cards shown speak with already; nothing is said twice.

    A potassium that is not known for want of a blood count is added to the gaps of this review.
    """
    proposals = tuple(proposals)
    found: list[Beside] = []
    loading = [each for each in proposals if each.regimen in LOADING and each.route.parenteral]
    if loading and "hypokalaemia" not in spoken:
        found += _potassium(review, loading[0].form.value.capitalize())
    skin = any(each.route is Route.SUBCUTANEOUS for each in proposals) and review.route is not Route.SUBCUTANEOUS
    if skin and review.patient.needs_subcutaneous:
        found += [each for each in _under_the_skin(review) if each.outcome.say.key.partition(".")[0] not in spoken]
    return tuple(found)


def _potassium(review: Review, drug: str) -> Iterable[Beside]:
    outcome = potassium_at_start(review, drug)
    if isinstance(outcome, CannotTell):
        review.beside = tuple(dict.fromkeys((*review.beside, *outcome.missing)))
    elif isinstance(outcome, Recommend):
        text = (values_at_start(review), outcome.say, *outcome.paragraphs)
        yield Beside("T-K", replace(outcome, paragraphs=text))


def _under_the_skin(review: Review) -> Iterable[Beside]:
    """Why the route is not the usual one: each reason on record, with its value and date."""
    patient = review.patient
    count, inr = patient.platelets, high_inr(patient.snapshot, review.t)
    if count.newest is not None and count.no_needle_in_muscle:
        lowest = count.tier is Platelets.BELOW_10
        key = "thrombocytopenia.proposed_very_low" if lowest else "thrombocytopenia.proposed_low"
        old = (Saying("thrombocytopenia.old"),) if count.old else ()
        ids = (*(("R-PLT-LT10",) if lowest else ()), "C-20", "SG-17")
        say = Saying(key, {"platelets": _printed(count.newest), "date": words.day(count.newest.day)})
        yield _reason("T-PLT", say, ids, (evidence.result(count.newest),), (Saying("thrombocytopenia.clumping"), *old))
    if inr is not None:
        say = Saying("anticoagulation.proposed_inr", {"inr": _printed(inr), "date": words.day(inr.day)})
        yield _reason("T-ANTICOAG", say, ("SG-15", "R-ROUTE-IM-SC"), (evidence.result(inr),))
    if disorders := patient.snapshot.current(*BLEEDING):
        named = ClientText(", ".join(dict.fromkeys(each.text for each in disorders)))
        say = Saying("anticoagulation.proposed_disorder", {"disorder": named})
        found = tuple(map(evidence.diagnosis, disorders))
        yield _reason("T-ANTICOAG", say, ("SG-15", "R-ROUTE-IM-SC"), found, called_over(disorders))


def _reason(
    rule: str, say: Saying, recommendations: tuple[str, ...], found: tuple[Input, ...], more: tuple[Saying, ...] = ()
) -> Beside:
    outcome = Recommend(
        indicator=Indicator.INFO,
        say=say,
        recommendations=recommendations,
        found=found,
        offer=Offer.NOTHING,
        referrals=(Referral.HAEMATOLOGY,),
        paragraphs=(say, *more),
    )
    return Beside(rule, outcome)


def _printed(result: LabResult) -> ClientText:
    value, _, unit = result.as_sent.partition(" ")
    return ClientText(f"{value} {phrases.unit(unit)}".strip())
