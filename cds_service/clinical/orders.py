"""One medication line, drafted or on record: product, dose, route, timing. Knows no FHIR."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from cds_service.clinical.concepts import COBALAMINS, FOLATES, INJECTED_BY_NATURE, Ingredient, ProductKind, Route
from cds_service.clinical.conditions import Concept
from cds_service.clinical.timing import Timing
from cds_service.clinical.worked_out_once import worked_out_once


@dataclass(frozen=True)
class Product:
    """What a line contains. `text` is the client's own words (escape before printing).

    cobalamin: the one form, or COBALAMIN_UNSPECIFIED when none is stated (derivations 1.3), or None.
    named_vitamin_b12: cyanocobalamin by code while the display says "vitamin B12".
    recognised False: an unknown drug (a reference not read, or no coding and no telling text).
    """

    text: str
    ingredients: frozenset[Ingredient] = frozenset()
    kind: ProductKind = ProductKind.MEDICINE
    named_vitamin_b12: bool = False
    recognised: bool = True

    @worked_out_once
    def cobalamin(self) -> Ingredient | None:
        forms = self.ingredients & COBALAMINS
        if not forms:
            return None
        known = sorted(forms - {Ingredient.COBALAMIN_UNSPECIFIED})
        return known[0] if len(known) == 1 else Ingredient.COBALAMIN_UNSPECIFIED

    @property
    def has_folate(self) -> bool:
        return bool(self.ingredients & FOLATES)

    @property
    def has_another_medicine(self) -> bool:
        """Another active medicine beside the cobalamin, a vitamin too: never replaced or deleted, as it would be lost
        (derivations 1.2 row 9)."""
        return bool(self.ingredients - COBALAMINS)


@dataclass(frozen=True, slots=True)
class Dose:
    """Amount per administration of one ingredient, in micrograms; a range keeps both ends."""

    ingredient: Ingredient
    low_ug: Decimal
    high_ug: Decimal


@dataclass(frozen=True, slots=True)
class DosageStep:
    """One dosage instruction. doses empty: not stated or not readable (`dose_unreadable` tells which).

    most_ug: what a dose weighs with all its ingredients, where nobody can say which of them it weighs: none is more.
    only_counted: the dose is a number of tablets, and nothing says how much one of them holds.
    """

    doses: tuple[Dose, ...] = ()
    dose_unreadable: bool = False
    most_ug: Decimal | None = None
    only_counted: bool = False
    route: Route | None = None
    timing: Timing | None = None
    gluteal_site: bool = False
    as_needed: bool = False

    def dose_of(self, *ingredients: Ingredient) -> Dose | None:
        found = [dose for dose in self.doses if dose.ingredient in ingredients]
        return found[0] if len(found) == 1 else None


class OrderStatus(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    COMPLETED = "completed"
    STOPPED = "stopped"
    ON_HOLD = "on-hold"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"
    UNKNOWN = "unknown"


# Orders that end or pause something (derivations 1.2 row 4), and those that are over (row 5).
STOPPED = frozenset({OrderStatus.STOPPED, OrderStatus.ON_HOLD, OrderStatus.CANCELLED})
FINISHED = frozenset({OrderStatus.COMPLETED, OrderStatus.ENTERED_IN_ERROR})
NOT_GIVEN = STOPPED | FINISHED


class StopReason(StrEnum):
    """Why an order ends or pauses, as far as derivations 2.6 asks. OTHER: a reason is given, and is none of these."""

    ALLERGY_OR_INTOLERANCE = "allergy, intolerance or adverse reaction"
    DUPLICATE = "duplicate"
    ENTERED_IN_ERROR = "entered in error"
    LEVEL_HIGH = "drug level too high"
    ADMISSION = "admission to hospital"
    SURGERY = "surgery"
    TEST = "a laboratory test"
    OTHER = "another reason"


class Origin(StrEnum):
    DRAFT = "draft order"
    REQUEST = "MedicationRequest"
    STATEMENT = "MedicationStatement"


class NeurologicalStatement(StrEnum):
    """The prescriber's own statement on the draft (cards.md 8)."""

    PRESENT = "present"
    ASSESSED_ABSENT = "assessed-absent"


@dataclass(frozen=True, slots=True)
class MedicationOrder:
    """A draft order of the request, or a record of what the patient takes or took.

    reference: "MedicationRequest/id". index: position in draftOrders, -1 for records. selected: named in
    `selections`. changeable: a draft with an id that was read whole. renews: references of priorPrescription and
    basedOn. reasons: coded reasons. authored/starts/ends: days; supply_ends: authorised supply or validity end.
    has_note: a note exists that may describe the old order. unread: reference of a Medication that was not read.
    stop_reasons: why it ends or pauses; empty where no reason is given.
    """

    reference: str
    product: Product
    status: OrderStatus = OrderStatus.ACTIVE
    origin: Origin = Origin.REQUEST
    steps: tuple[DosageStep, ...] = ()
    index: int = -1
    selected: bool = True
    changeable: bool = True
    authored: date | None = None
    starts: date | None = None
    ends: date | None = None
    supply_ends: date | None = None
    renews: tuple[str, ...] = ()
    reasons: frozenset[Concept] = frozenset()
    reason_references: tuple[str, ...] = ()
    names_b12: bool = False
    stated_neurology: NeurologicalStatement | None = None
    has_note: bool = False
    unread: str = ""
    stop_reasons: frozenset[StopReason] = frozenset()

    @property
    def nothing_ordered(self) -> bool:
        """Is this NO_ORDER, which stands for a chart that is opened?"""
        return self is NO_ORDER

    @property
    def drug_unknown(self) -> bool:
        """Refers to a Medication that could not be read, and says in no other way what it is."""
        return self.unread != "" and not self.product.recognised

    @property
    def dose_unreadable(self) -> bool:
        """A dose is written, but it cannot be read: it may be any amount."""
        return any(step.dose_unreadable for step in self.steps)

    @property
    def step(self) -> DosageStep:
        """The first dosage instruction, or an empty one."""
        return self.steps[0] if self.steps else DosageStep()

    @property
    def cobalamin(self) -> Ingredient | None:
        return self.product.cobalamin

    @property
    def cobalamin_dose(self) -> Dose | None:
        return self.step.dose_of(*COBALAMINS)

    @property
    def route(self) -> Route | None:
        return self.step.route

    @property
    def into_muscle(self) -> bool:
        """Does any step go into muscle? Hydroxocobalamin and mecobalamin without a route are read so."""
        by_nature = self.cobalamin in INJECTED_BY_NATURE and self.route is None
        return by_nature or any(step.route is Route.INTRAMUSCULAR for step in self.steps)

    @property
    def timing(self) -> Timing | None:
        return self.step.timing


# What a review is made of when a chart is opened and nothing is ordered: it names no drug and can be changed by nobody.
NO_ORDER = MedicationOrder("", Product(""), OrderStatus.DRAFT, Origin.DRAFT, changeable=False)
