"""What is known of one patient on one day, as typed facts. Knows no FHIR; every gap has a name."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from cds_service.clinical.concepts import Analyte, EgfrMethod, ResourceKind
from cds_service.clinical.conditions import LIFELONG, Concept
from cds_service.clinical.orders import MedicationOrder
from cds_service.clinical.quantities import Measured, PartialDate
from cds_service.clinical.validity import within_days
from cds_service.clinical.worked_out_once import worked_out_once


class Availability(StrEnum):
    """What we were told of one kind of resource. Only COMPLETE lets a rule call something absent."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    REFUSED = "refused"
    FAILED = "failed"
    NOT_SUPPLIED = "not supplied"


# Nothing at all was told. What came INCOMPLETE is known in part.
NOT_TOLD = frozenset({Availability.REFUSED, Availability.FAILED, Availability.NOT_SUPPLIED})


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Person:
    """Patient facts. `birth` None: no usable birth date. `record_problem`: inactive or replaced record."""

    sex: Sex = Sex.UNKNOWN
    birth: PartialDate | None = None
    deceased: bool = False
    record_problem: str | None = None


@dataclass(frozen=True, slots=True)
class LabResult:
    """One usable result in the analyte's canonical unit.

    as_sent: value and unit as the client sent them, for printing ("115 umol/L"). taken: UTC time or day of the
    sample. upper_limit / lower_limit: the report's own reference range, canonical unit. method: eGFR only.
    positive: for qualitative results (intrinsic factor antibody). specimen: the concept of the code that was
    matched, so that creatinine series compare like with like.
    """

    analyte: Analyte
    measured: Measured
    taken: datetime
    reference: str
    as_sent: str
    upper_limit: Decimal | None = None
    lower_limit: Decimal | None = None
    method: EgfrMethod | None = None
    positive: bool | None = None
    specimen: str = ""

    @property
    def day(self) -> date:
        return self.taken.date()


@dataclass(frozen=True, slots=True)
class UnreadableResult:
    """A result of a named analyte that could not be used, and why ("unit missing"); never its value."""

    analyte: Analyte
    why: str
    reference: str
    day: date | None = None


class ClinicalStatus(StrEnum):
    ACTIVE = "active"
    RECURRENCE = "recurrence"
    RELAPSE = "relapse"
    INACTIVE = "inactive"
    REMISSION = "remission"
    RESOLVED = "resolved"


class Verification(StrEnum):
    CONFIRMED = "confirmed"
    UNCONFIRMED = "unconfirmed"
    REFUTED = "refuted"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One Condition. A missing clinicalStatus counts as active; a missing verificationStatus as confirmed.

    UNCONFIRMED covers unconfirmed, provisional and differential. entered-in-error never gets here. names_b12: the
    text or another coding of the Condition names vitamin B12 (for E53.8).
    """

    concepts: frozenset[Concept]
    status: ClinicalStatus
    verification: Verification
    text: str
    reference: str
    onset: date | None = None
    recorded: date | None = None
    abated: date | None = None
    names_b12: bool = False
    code: str = ""

    @property
    def current(self) -> bool:
        return self.verification is not Verification.REFUTED and self.status in (
            ClinicalStatus.ACTIVE,
            ClinicalStatus.RECURRENCE,
            ClinicalStatus.RELAPSE,
        )

    @property
    def past(self) -> bool:
        """Neither current nor refuted: resolved, inactive or in remission."""
        return self.verification is not Verification.REFUTED and not self.current

    @property
    def day(self) -> date | None:
        """Recorded date, else onset."""
        return self.recorded or self.onset


class Course(StrEnum):
    BETTER = "better"
    WORSE = "worse"


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding Observation: a sign present or assessed and absent; or a length in cm; or pregnancy status."""

    concept: Concept
    present: bool
    text: str
    reference: str
    day: date | None = None
    course: Course | None = None
    length_cm: Decimal | None = None
    part_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One completed Procedure."""

    concepts: frozenset[Concept]
    text: str
    reference: str
    day: date | None = None


class AllergySeverity(StrEnum):
    """1.5. Severe: anaphylaxis, severity severe or criticality high. Mild: mild or moderate, or of low criticality."""

    SEVERE = "severe"
    MILD = "mild"
    NOT_RECORDED = "not recorded"


class Allergen(StrEnum):
    """What the allergy is to (derivations 1.5)."""

    HYDROXOCOBALAMIN = "hydroxocobalamin"
    CYANOCOBALAMIN = "cyanocobalamin"
    MECOBALAMIN = "mecobalamin"
    COBAMAMIDE = "cobamamide"
    COBALAMINS = "cobalamins as a class"
    VITAMIN_B12 = "vitamin B12 (RxNorm 11248)"
    COBALT = "cobalt"
    EXCIPIENT = "benzyl alcohol, parabens or polyethylene glycol"


@dataclass(frozen=True, slots=True)
class Allergy:
    """One AllergyIntolerance that is active and not refuted. intolerance: type intolerance and criticality low."""

    allergen: Allergen
    severity: AllergySeverity
    text: str
    reference: str
    intolerance: bool = False
    recorded: date | None = None


_HIGHER_IS_WORSE = frozenset(
    {Analyte.CREATININE, Analyte.MMA, Analyte.HOMOCYSTEINE, Analyte.URINE_ACR, Analyte.INR, Analyte.MCV}
)


def _newest_first(result: LabResult) -> tuple[float, Decimal, str]:
    """Of two results of one instant the worse comes first, whatever order the client sent them in."""
    value = result.measured.value
    worse_first = -value if result.analyte in _HIGHER_IS_WORSE else value
    return (-result.taken.timestamp(), worse_first, result.reference)


@dataclass(frozen=True)
class Snapshot:
    """Everything a rule can ask about. `today` is the UTC date of the request.

    medications holds MedicationRequest and MedicationStatement records, never the drafts of the request.
    unknown_medications: lines whose drug could not be recognised (a reference that was not read, no coding).
    unreadable_kinds: kinds in which an entry that matters could not be decoded.
    """

    today: date
    person: Person = field(default_factory=Person)
    results: tuple[LabResult, ...] = ()
    unreadable: tuple[UnreadableResult, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    findings: tuple[Finding, ...] = ()
    operations: tuple[Operation, ...] = ()
    allergies: tuple[Allergy, ...] = ()
    medications: tuple[MedicationOrder, ...] = ()
    unknown_medications: tuple[str, ...] = ()
    availability: dict[ResourceKind, Availability] = field(default_factory=dict)
    unreadable_kinds: frozenset[ResourceKind] = frozenset()

    def told(self, kind: ResourceKind) -> bool:
        """Was the whole of this kind supplied and readable? Only then may a rule call something absent."""
        return self.availability_of(kind) is Availability.COMPLETE and kind not in self.unreadable_kinds

    def availability_of(self, kind: ResourceKind) -> Availability:
        return self.availability.get(kind, Availability.NOT_SUPPLIED)

    def results_of(self, analyte: Analyte) -> tuple[LabResult, ...]:
        """Usable results of one analyte, newest first."""
        return self._by_analyte.get(analyte, ())

    def unread_of(self, analyte: Analyte, days: int) -> tuple[UnreadableResult, ...]:
        """Results of the last `days`, or of no known day, that cannot be read: on record, so not "none on record"."""
        found = (each for each in self.unreadable if each.analyte is analyte)
        return tuple(each for each in found if each.day is None or within_days(each.day, self.today, days))

    @worked_out_once
    def _by_analyte(self) -> dict[Analyte, tuple[LabResult, ...]]:
        found: dict[Analyte, list[LabResult]] = {}
        for result in sorted(self.results, key=_newest_first):
            found.setdefault(result.analyte, []).append(result)
        return {analyte: tuple(results) for analyte, results in found.items()}

    def current(self, *concepts: Concept) -> tuple[Diagnosis, ...]:
        """Current diagnoses of any of these concepts; a lifelong disease is current whatever its clinical status."""
        wanted = frozenset(concepts)
        lifelong = wanted & LIFELONG
        return tuple(
            d
            for d in self._not_refuted
            if not wanted.isdisjoint(d.concepts) and (d.current or not lifelong.isdisjoint(d.concepts))
        )

    @worked_out_once
    def _not_refuted(self) -> tuple[Diagnosis, ...]:
        return tuple(each for each in self.diagnoses if each.verification is not Verification.REFUTED)

    def had_operation(self, *concepts: Concept) -> tuple[Operation, ...]:
        wanted = frozenset(concepts)
        return tuple(o for o in self.operations if not wanted.isdisjoint(o.concepts))
