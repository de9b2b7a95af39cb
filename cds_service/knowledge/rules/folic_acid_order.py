"""What the folic acid rules share: whether they run (derivations 7.1, K-14), the dose they know, the drug they name."""

from collections.abc import Mapping

from cds_service.clinical import words
from cds_service.clinical.concepts import Ingredient
from cds_service.clinical.cover import Cover
from cds_service.clinical.outcomes import NotApplicable
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Indicator


def not_folic_acid(review: Review) -> NotApplicable | None:
    """Is this draft one of the lines that 7.1 counts? A contraceptive with levomefolate is not (1.2 row 12)."""
    if not review.order.product.has_folate:
        return NotApplicable("the order is not for folic acid")
    reference = review.order.reference
    if any(line.drafted and line.reference == reference for line in review.folate.lines):
        return None
    return NotApplicable("the order is not for folic acid")


def treatment_dose_without_cover(review: Review) -> NotApplicable | None:
    """Why the folate-before-B12 rules do not apply, or None when they do. An unreadable dose counts as large."""
    if (other := not_folic_acid(review)) is not None:
        return other
    if not dose_unreadable(review) and not _treatment_dose(review):
        return NotApplicable("folic acid of 0.4 mg a day or less")
    if review.patient.cover.cover is Cover.FULL:
        return NotApplicable("cobalamin is being given, or starts with this order")
    return None


def dose_unreadable(review: Review) -> bool:
    """Is it open whether the total is above 0.4 mg a day? Once what can be read exceeds it, it is not."""
    unreadable = review.folate.unreadable or review.folate.total_ug_day is None
    return unreadable and not _treatment_dose(review)


def at_most(indicator: Indicator | None, most: Indicator) -> Indicator | None:
    """A cell of table 7.2 for a dose that cannot be read: no more urgent than this, and silent where it is silent."""
    return None if indicator is None else min(indicator, most)


def folic_acid(review: Review) -> Mapping[str, str]:
    """The drug of the sentences: the folate and its total, whatever else the product contains."""
    name = "Folic acid" if Ingredient.FOLIC_ACID in review.order.product.ingredients else "Levomefolate"
    return {"drug": f"{name} {words.folic_acid_daily(review)}".strip()}


def drafted_too_late(review: Review) -> bool:
    """Does a drafted cobalamin start too late to cover? Then none is added beside it: two courses would run."""
    drafted = review.patient.cover.left_out
    return drafted is not None and drafted.starts is not None


def drafted_cobalamin(review: Review) -> Mapping[str, str]:
    """The cobalamin among the drafts that does not cover, and its first day where that is too late."""
    drafted = review.patient.cover.left_out
    return {"other": drafted.form.value, "date": words.day(drafted.starts)} if drafted is not None else {}


def _treatment_dose(review: Review) -> bool:
    total = review.folate.total_ug_day
    return total is not None and total > review.t.folate_treatment_ug_day
