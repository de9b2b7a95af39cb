"""Age, pregnancy and nitrous oxide exposure of one patient, three-valued. Knows the snapshot only."""

from datetime import date

from cds_service.clinical.concepts import Answer, Ingredient, ResourceKind
from cds_service.clinical.conditions import Concept
from cds_service.clinical.orders import OrderStatus
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.quantities import years_between
from cds_service.clinical.snapshot import Diagnosis, Finding, Person, Snapshot
from cds_service.clinical.validity import within_months


def ages_on(person: Person, day: date) -> tuple[int, ...]:
    """Every age in completed years that the birth date allows on `day`: none, one, or two and more if partial."""
    if person.birth is None:
        return ()
    youngest = years_between(person.birth.latest, day)
    oldest = years_between(person.birth.earliest, day)
    if youngest < 0:
        # A birth date after the day is a wrong birth date: no age at all, rather than a guess.
        return ()
    return tuple(range(youngest, oldest + 1))


def age_on(person: Person, day: date) -> int | None:
    """Completed years on `day`, or None where the birth date is absent or too vague to tell."""
    ages = ages_on(person, day)
    return ages[0] if len(ages) == 1 else None


def is_adult(person: Person, today: date, adult_years: int) -> Answer:
    """Is the patient `adult_years` old or older on `today`? A partial birth date may still be certain."""
    ages = ages_on(person, today)
    if not ages:
        return Answer.UNKNOWN
    if ages[0] >= adult_years:
        return Answer.YES
    return Answer.NO if ages[-1] < adult_years else Answer.UNKNOWN


def pregnancy(snapshot: Snapshot, thresholds: Thresholds) -> Answer:
    """Pregnant today? The newest status observation, or an active pregnancy diagnosis, whichever is newer.

    A status observation speaks for its own time only: one that is older than a pregnancy lasts says nothing now, and
    left standing it would silence folate warnings. A tie on one day goes to "pregnant".
    """
    observed = [
        (finding.day, _observed(finding.concept, present=finding.present))
        for finding in snapshot.findings
        if finding.day is not None
        and within_months(finding.day, snapshot.today, thresholds.pregnancy_observation_valid_months)
    ]
    told = [(day, answer) for day, answer in observed if answer is not Answer.UNKNOWN]
    newest = max(told, key=lambda item: (item[0], item[1] is Answer.YES), default=None)
    diagnoses = snapshot.current(Concept.PREGNANT)
    if not diagnoses:
        return Answer.UNKNOWN if newest is None else newest[1]
    if newest is None or newest[1] is Answer.YES:
        return Answer.YES
    dated = [diagnosis.day for diagnosis in diagnoses if diagnosis.day is not None]
    if any(day >= newest[0] for day in dated):
        return Answer.YES
    # "Not pregnant", observed after the diagnosis: no. Against a diagnosis without a date: cannot tell which is newer.
    return Answer.NO if len(dated) == len(diagnoses) else Answer.UNKNOWN


def _observed(concept: Concept, *, present: bool) -> Answer:
    if concept is Concept.PREGNANT:
        return Answer.YES if present else Answer.NO
    if concept is Concept.NOT_PREGNANT and present:
        return Answer.NO
    return Answer.UNKNOWN


def pregnancy_on_record(snapshot: Snapshot) -> tuple[Diagnosis | Finding, ...]:
    """The diagnoses and the newest observation that say "pregnant"."""
    findings = [each for each in snapshot.findings if each.concept is Concept.PREGNANT and each.present]
    newest = sorted(findings, key=lambda each: (each.day is not None, each.day, each.reference), reverse=True)[:1]
    return (*snapshot.current(Concept.PREGNANT), *newest)


def nitrous_oxide_exposure(snapshot: Snapshot, thresholds: Thresholds) -> Answer:
    """Exposure on record (SG-11): a diagnosis, a finding, or the gas itself given now or in recent months."""
    if snapshot.current(Concept.NITROUS_OXIDE_EXPOSURE):
        return Answer.YES
    if any(f.concept is Concept.NITROUS_OXIDE_EXPOSURE and f.present for f in snapshot.findings):
        return Answer.YES
    for record in snapshot.medications:
        if Ingredient.NITROUS_OXIDE not in record.product.ingredients:
            continue
        if record.status is OrderStatus.ACTIVE:
            return Answer.YES
        last = record.ends or record.starts or record.authored
        given = record.status in (OrderStatus.COMPLETED, OrderStatus.STOPPED)
        if given and within_months(last, snapshot.today, thresholds.neuro_recent_months):
            return Answer.YES
    return Answer.NO if snapshot.told(ResourceKind.CONDITIONS) else Answer.UNKNOWN
