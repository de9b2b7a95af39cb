"""All resources of one patient as one Snapshot. Knows which reader reads what, and what a bad entry makes unknown.

Three things never happen here: a resource about somebody else is used; an entry that matters and cannot be read looks
like one that was not sent; a resource is changed.
"""

from dataclasses import dataclass, field
from datetime import date

from msgspec import Raw

from cds_service.clinical.concepts import ResourceKind
from cds_service.clinical.orders import MedicationOrder, Origin
from cds_service.clinical.snapshot import (
    Allergy,
    Availability,
    Diagnosis,
    Finding,
    LabResult,
    Operation,
    Person,
    Snapshot,
    UnreadableResult,
)
from fhir_mappings.allergies import allergies_of
from fhir_mappings.conditions import diagnosis_of, says_unknown
from fhir_mappings.medications import NOTHING, line_of, may_matter, medication_finder
from fhir_mappings.medicine_records import OrderRecord
from fhir_mappings.observations import Observations
from fhir_mappings.parse import (
    Subjects,
    UnreadableError,
    allergen_matters,
    concept_matters,
    decode,
    has_codes,
    matters,
    probe,
    refuse_in_doubt,
    withheld,
)
from fhir_mappings.patient import identity_of, person_of, read_patient
from fhir_mappings.primitives import reference
from fhir_mappings.procedures import operation_of, operation_stated_by, removes_ileum
from fhir_mappings.records import AllergyRecord, ConditionRecord, ProcedureRecord, Reference
from fhir_mappings.repeated_keys import repeats_a_key

Entries = tuple[bytes | Raw, ...]


@dataclass(frozen=True, slots=True)
class Mapped:
    """The snapshot; Medication references that would have to be fetched; was the Patient another; entries dropped."""

    snapshot: Snapshot
    unread_medications: tuple[str, ...]
    wrong_patient: bool
    dropped: int


@dataclass(slots=True)
class _Gathered:
    """What has been read so far. seen: what each id already read said, because one resource may come under two keys.

    own, foreign: kinds of which something that matters is about the patient, or about somebody else.
    """

    today: date
    subjects: Subjects
    operations: list[Operation] = field(default_factory=list)
    diagnoses: list[Diagnosis] = field(default_factory=list)
    allergies: list[Allergy] = field(default_factory=list)
    orders: list[MedicationOrder] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    unreadable: set[ResourceKind] = field(default_factory=set)
    incomplete: set[ResourceKind] = field(default_factory=set)
    own: set[ResourceKind] = field(default_factory=set)
    foreign: set[ResourceKind] = field(default_factory=set)
    seen: dict[tuple[str, str], object] = field(default_factory=dict)
    dropped: int = 0

    def belongs(self, about: Reference | None, kind: ResourceKind) -> bool:
        """Is this about the patient of the request? Without a subject nobody knows whose it is."""
        if self.subjects.is_patient(about):
            self.own.add(kind)
            return True
        self.dropped += 1
        named = None if about is None else reference(about.reference)
        if named is None or named[0] == "":
            self.incomplete.add(kind)  # nobody is named, or somebody by a name that says not who it is
        else:
            self.foreign.add(kind)
        return False

    def is_new(self, resource_type: str, identity: str | None, said: object = None) -> bool:
        """Has this not been read yet? The same id that says something else is new: which is the later nobody can say,
        and which of them came first must decide nothing."""
        if identity is None:
            return True
        key = resource_type, identity
        if key in self.seen:
            return self.seen[key] != said
        self.seen[key] = said
        return True


def map_patient_data(
    resources: dict[ResourceKind, Entries],
    availability: dict[ResourceKind, Availability],
    patient_id: str,
    today: date,
    medications: dict[str, bytes],
) -> Mapped:
    """Resources per kind, as sent, to a Snapshot of the patient on `today` (UTC).

    medications: Medication resources by `Medication/id`, for orders that only refer to one. Raises nothing for any
    content: what cannot be read is named in the snapshot.
    """
    gathered = _Gathered(today, Subjects(patient_id))
    person, wrong_patient = _person(resources.get(ResourceKind.PATIENT, ()), gathered)
    _procedures(resources.get(ResourceKind.PROCEDURES, ()), gathered)
    ileal = frozenset(each.reference for each in gathered.operations if removes_ileum(each))
    observations = Observations(today, gathered, ileal)
    for kind in (ResourceKind.RESULTS, ResourceKind.FINDINGS):
        observations.read(resources.get(kind, ()), kind)
    _conditions(resources.get(ResourceKind.CONDITIONS, ()), gathered)
    _allergies(resources.get(ResourceKind.ALLERGIES, ()), gathered)
    for kind, origin in ((ResourceKind.MEDICATIONS, Origin.REQUEST), (ResourceKind.STATEMENTS, Origin.STATEMENT)):
        _medications(resources.get(kind, ()), kind, origin, medications, gathered)
    results = [each for each in observations.readings if isinstance(each, LabResult)]
    gaps = [each for each in observations.readings if isinstance(each, UnreadableResult)]
    findings: list[Finding] = observations.findings
    snapshot = Snapshot(
        today=today,
        person=person,
        results=tuple(results),
        unreadable=tuple(gaps),
        diagnoses=tuple(gathered.diagnoses),
        findings=tuple(findings),
        operations=tuple(gathered.operations),
        allergies=tuple(gathered.allergies),
        medications=tuple(gathered.orders),
        unknown_medications=tuple(gathered.unknown),
        # Where all that matters is about somebody else, another question was answered: nothing is known to be absent
        availability=_availability(availability, gathered.incomplete | (gathered.foreign - gathered.own)),
        unreadable_kinds=frozenset(gathered.unreadable),
    )
    return Mapped(snapshot, tuple(dict.fromkeys(gathered.unread)), wrong_patient, gathered.dropped)


def _availability(
    told: dict[ResourceKind, Availability], incomplete: set[ResourceKind]
) -> dict[ResourceKind, Availability]:
    """What the gatherer was told, less what turned out to be nobody's."""
    return {
        kind: Availability.INCOMPLETE if kind in incomplete and each is Availability.COMPLETE else each
        for kind, each in told.items()
    }


def _person(entries: Entries, gathered: _Gathered) -> tuple[Person, bool]:
    """The Patient, and whether any Patient resource is not the context patient. Then nothing of it is used.

    A Patient without an id proves nothing, and counts as another: advice about the wrong person is the worst error.
    """
    person, wrong = Person(), False
    for raw in entries:
        record = read_patient(raw)
        if (identity_of(raw) if record is None else record.id) != gathered.subjects.patient_id:
            gathered.dropped += 1
            wrong = True
        elif record is None:
            gathered.unreadable.add(ResourceKind.PATIENT)
            person = Person(record_problem="the patient record could not be read")
        else:
            person = person_of(record, raw, gathered.today)
    return person, wrong


def _procedures(entries: Entries, gathered: _Gathered) -> None:
    for raw in entries:
        probed = probe(raw)
        if probed is not None and (probed.resource_type != "Procedure" or not matters(probed, concept_matters)):
            continue
        try:
            record = decode(raw, ProcedureRecord)
            if not gathered.belongs(record.subject, ResourceKind.PROCEDURES):
                continue
            refuse_in_doubt(raw)
            operation = operation_of(record, gathered.today)
        except UnreadableError:
            gathered.unreadable.add(ResourceKind.PROCEDURES)
            continue
        if operation is not None and gathered.is_new("Procedure", record.id, operation):
            gathered.operations.append(operation)


def _conditions(entries: Entries, gathered: _Gathered) -> None:
    for raw in entries:
        probed = probe(raw)
        if probed is not None and (probed.resource_type != "Condition" or not matters(probed, concept_matters)):
            continue
        try:
            record = decode(raw, ConditionRecord)
            if not gathered.belongs(record.subject or record.patient, ResourceKind.CONDITIONS):
                continue
            refuse_in_doubt(raw)
            diagnosis = diagnosis_of(record)
        except UnreadableError:
            gathered.unreadable.add(ResourceKind.CONDITIONS)
            continue
        if diagnosis is None or not gathered.is_new("Condition", record.id, diagnosis):
            continue
        if says_unknown(record):
            gathered.unreadable.add(ResourceKind.CONDITIONS)
        gathered.diagnoses.append(diagnosis)
        stated = operation_stated_by(diagnosis)
        if stated is not None:
            gathered.operations.append(stated)


def _allergies(entries: Entries, gathered: _Gathered) -> None:
    """Every entry is read in full: there are few, and an allergen may be known by its text alone."""
    for raw in entries:
        probed = probe(raw)
        if probed is not None and probed.resource_type != "AllergyIntolerance":
            continue
        try:
            record = decode(raw, AllergyRecord)
        except UnreadableError:
            if probed is None or not has_codes(probed) or matters(probed, allergen_matters):
                gathered.unreadable.add(ResourceKind.ALLERGIES)
            continue
        if repeats_a_key(raw):
            gathered.unreadable.add(ResourceKind.ALLERGIES)
        found = allergies_of(record)
        if not found or not gathered.belongs(record.patient, ResourceKind.ALLERGIES):
            continue
        if withheld(raw):
            # What is hidden may be that it was refuted, or how severe it was: it stands, and the list is not whole.
            gathered.unreadable.add(ResourceKind.ALLERGIES)
        if gathered.is_new("AllergyIntolerance", record.id, found):
            gathered.allergies += found


def _medications(
    entries: Entries, kind: ResourceKind, origin: Origin, medications: dict[str, bytes], gathered: _Gathered
) -> None:
    find = medication_finder(medications)
    accepted = ("MedicationRequest", "MedicationOrder") if origin is Origin.REQUEST else ("MedicationStatement",)
    for raw in entries:
        try:
            record = decode(raw, OrderRecord)
        except UnreadableError:
            if may_matter(raw, find):
                gathered.unreadable.add(kind)
            continue
        if record.resource_type is None or record.resource_type not in accepted:
            continue
        if repeats_a_key(raw):
            gathered.unreadable.add(kind)  # the drug that was dropped may be the one that a rule asks about
            continue
        line = line_of(raw, record, find, origin)
        if line == NOTHING:
            continue
        if not gathered.belongs(record.subject or record.patient, kind):
            continue
        again = (record.resource_type, record.id) in gathered.seen
        if not gathered.is_new(record.resource_type, record.id, line):
            continue
        if again:
            gathered.unreadable.add(kind)  # running in one, stopped in the other: is it taken?
            continue
        if line.order is not None:
            gathered.orders.append(line.order)
        if line.unknown is not None:
            gathered.unknown.append(line.unknown)
        if line.unread is not None:
            gathered.unread.append(line.unread)
        if line.partial:
            gathered.unreadable.add(kind)
