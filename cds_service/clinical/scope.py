"""Which orders are judged at all, and with what reserve (derivations 1.2). Knows one order and the patient's facts."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from cds_service.clinical.concepts import COBALAMINS, FOLATES, Analyte, Answer, Ingredient, ProductKind, Route
from cds_service.clinical.conditions import Concept
from cds_service.clinical.orders import FINISHED, STOPPED, DosageStep, MedicationOrder
from cds_service.clinical.person import is_adult
from cds_service.clinical.policy import Thresholds
from cds_service.clinical.schedule import own_course, parts_of
from cds_service.clinical.snapshot import Diagnosis, Snapshot, Verification

_INHERITED = (
    Concept.TRANSCOBALAMIN_II_DEFICIENCY,
    Concept.INHERITED_COBALAMIN_DEFECT,
    Concept.METHYLMALONIC_ACIDAEMIA,
    Concept.HOMOCYSTINURIA,
    Concept.HOMOCYSTINURIA_WITHOUT_MMA,
)
_VITAMINS = frozenset({Ingredient.OTHER_VITAMIN}) | FOLATES


class UnitError(StrEnum):
    """Rows 6 to 8: what a very large dose is taken for."""

    NONE = "none"
    SPECIALIST_DOSE = "above the adult dose, in an inherited defect: confirm with the metabolic team"
    BEYOND_SPECIALIST_DOSE = "above every specialist dose"
    PERHAPS_ANTIDOTE = "perhaps the cyanide antidote for a child"
    THOUSANDFOLD = "milligrams written for micrograms"


@dataclass(frozen=True, slots=True)
class Scope:
    """Derivations 1.2. ignored: judged by no rule; stop: judged by the stop rule only; why: the row, in words."""

    ignored: bool = False
    stop: bool = False
    why: str = ""
    nutritional: bool = False
    specialist: bool = False
    another_medicine: bool = False
    child: Answer = Answer.UNKNOWN
    unit_error: UnitError = UnitError.NONE

    @property
    def judged(self) -> bool:
        """Is it an order to give something, that some rule may speak of?"""
        return not self.ignored and not self.stop


def scope_of(order: MedicationOrder, snapshot: Snapshot, thresholds: Thresholds) -> Scope:
    """Rows 2 to 5 end the evaluation of an order; of rows 6 to 13 every one that holds applies."""
    if order.product.kind is ProductKind.RADIODIAGNOSTIC:
        return Scope(ignored=True, why="radiodiagnostic cobalamin (row 2)")
    if is_antidote(order, snapshot, thresholds):
        return Scope(ignored=True, why="cyanide antidote (row 3)")
    if order.status in STOPPED:
        return Scope(stop=True, why=f"{order.status} (row 4)")
    if order.status in FINISHED:
        return Scope(ignored=True, why=f"{order.status} (row 5)")
    child = is_child(snapshot, thresholds)
    defect = inherited_defect(snapshot, reasons_of(order, snapshot))
    specialist = order.cobalamin is Ingredient.HYDROXOCOBALAMIN and defect is not Answer.NO
    return Scope(
        nutritional=is_nutritional(order, thresholds),
        specialist=specialist,
        another_medicine=order.cobalamin is not None and order.product.has_another_medicine,
        child=child,
        unit_error=_unit_error(order, child, thresholds, specialist=specialist),
    )


def is_antidote(order: MedicationOrder, snapshot: Snapshot, thresholds: Thresholds) -> bool:
    """Row 3. The strength of a vial is read by the mapping into the product's kind; a dose is not a vial.

    The size of a dose counts only by vein and once: the same dose into a muscle, or repeated, is a unit error.
    """
    if order.product.kind is ProductKind.CYANIDE_ANTIDOTE:
        return True
    if order.cobalamin is not Ingredient.HYDROXOCOBALAMIN or not _by_vein(order):
        return False
    dose = _largest_dose(order)
    if own_course(order).once:
        if Concept.CYANIDE_POISONING in reasons_of(order, snapshot):
            return True
        if dose is None:
            return False
        if dose >= thresholds.antidote_dose_ug:
            return True
        weights = snapshot.results_of(Analyte.BODY_WEIGHT)
        weight = weights[0].measured.value if weights else None
        return weight is not None and weight > 0 and dose >= weight * thresholds.antidote_ug_per_kg
    # Emergency orders often carry no timing; a vial's worth by vein can be nothing else.
    untimed = all(step.timing is None for step in order.steps)
    return untimed and dose is not None and dose >= thresholds.antidote_vial_ug


def reasons_of(order: MedicationOrder, snapshot: Snapshot) -> frozenset[Concept]:
    """Coded reasons of an order, and what the diagnoses that it points to mean."""
    found = set(order.reasons)
    for diagnosis in snapshot.diagnoses:
        refuted = diagnosis.verification is Verification.REFUTED
        if diagnosis.reference in order.reason_references and not refuted:
            found |= diagnosis.concepts
    return frozenset(found)


def is_child(snapshot: Snapshot, thresholds: Thresholds) -> Answer:
    """Row 13: under 18 today; unknown where the birth date is missing or too vague to tell."""
    match is_adult(snapshot.person, snapshot.today, thresholds.adult_years):
        case Answer.YES:
            return Answer.NO
        case Answer.NO:
            return Answer.YES
        case Answer.UNKNOWN:
            return Answer.UNKNOWN


def inherited_defect(snapshot: Snapshot, reasons: frozenset[Concept] = frozenset()) -> Answer:
    """1.5: YES known, UNKNOWN possible (type not stated), NO none recorded. reasons: of the order in hand, as well."""

    def recorded(*concepts: Concept) -> bool:
        return bool(snapshot.current(*concepts)) or not reasons.isdisjoint(concepts)

    if recorded(Concept.TRANSCOBALAMIN_II_DEFICIENCY, Concept.INHERITED_COBALAMIN_DEFECT):
        return Answer.YES
    acidaemia = recorded(Concept.METHYLMALONIC_ACIDAEMIA)
    if acidaemia and recorded(Concept.HOMOCYSTINURIA):
        return Answer.YES
    if acidaemia or recorded(Concept.HOMOCYSTINURIA_WITHOUT_MMA):
        return Answer.UNKNOWN
    return Answer.NO


def inherited_defect_diagnoses(snapshot: Snapshot) -> tuple[Diagnosis, ...]:
    """The current diagnoses behind the answer."""
    return snapshot.current(*_INHERITED)


def is_nutritional(order: MedicationOrder, thresholds: Thresholds) -> bool:
    """Row 10. A multivitamin that states no amount is nutritional too, also where its tablets are counted: it must
    never pass for cover.

    Vitamins for parenteral nutrition hold about 5 ug and are given by vein: they are no unit error.
    """
    if order.cobalamin is None or order.product.kind is not ProductKind.MEDICINE:
        return False
    others = order.product.ingredients - {order.cobalamin}
    vitamins_only = bool(others) and others <= _VITAMINS
    route = order.route
    by_mouth = route is not None and route.swallowed_or_absorbed_in_mouth
    if vitamins_only and (by_mouth or route is None or route is Route.INTRAVENOUS):
        multivitamin = Ingredient.OTHER_VITAMIN in others
        if all(_nutritional_step(step, thresholds, multivitamin=multivitamin) for step in order.steps or (order.step,)):
            return True
    daily = [part.most_ug_per_day for part in parts_of(order)]
    return by_mouth and all(amount is not None and amount < thresholds.nutritional_oral_ug_day for amount in daily)


def _nutritional_step(step: DosageStep, thresholds: Thresholds, *, multivitamin: bool) -> bool:
    dose = step.dose_of(*COBALAMINS)
    most = dose.high_ug if dose is not None else step.most_ug
    if most is not None:
        return most < thresholds.nutritional_multivitamin_ug
    return multivitamin and (step.only_counted or not step.dose_unreadable)


def _by_vein(order: MedicationOrder) -> bool:
    return bool(order.steps) and all(step.route is Route.INTRAVENOUS for step in order.steps)


def _largest_dose(order: MedicationOrder) -> Decimal | None:
    doses = [part.dose.high_ug for part in parts_of(order) if part.dose is not None]
    return max(doses, default=None)


def _unit_error(order: MedicationOrder, child: Answer, thresholds: Thresholds, *, specialist: bool) -> UnitError:
    dose = _largest_dose(order)
    if order.cobalamin is None or dose is None or dose <= thresholds.unit_error_high_ug:
        return UnitError.NONE
    if specialist:
        return (
            UnitError.SPECIALIST_DOSE
            if dose <= thresholds.inherited_defect_max_ug
            else UnitError.BEYOND_SPECIALIST_DOSE
        )
    single = order.cobalamin is Ingredient.HYDROXOCOBALAMIN and _by_vein(order) and own_course(order).once
    if child is not Answer.NO and single:
        return UnitError.PERHAPS_ANTIDOTE
    return UnitError.THOUSANDFOLD
