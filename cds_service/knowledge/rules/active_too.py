"""What must not be drafted and stands as an active order: said as text, since actions touch drafts only (2.3)."""

from collections.abc import Callable
from dataclasses import dataclass

from cds_service.clinical.concepts import COBALAMINS, Ingredient
from cds_service.clinical.orders import OrderStatus
from cds_service.clinical.outcomes import Input, Saying
from cds_service.clinical.review import Review


@dataclass(frozen=True, slots=True)
class ActiveToo:
    """The records, for what was found, and the sentence about them; both empty where there is none."""

    found: tuple[Input, ...] = ()
    paragraphs: tuple[Saying, ...] = ()


def active_too(review: Review, barred: Callable[[frozenset[Ingredient]], bool]) -> ActiveToo:
    """barred: of the cobalamins of one product, may they not be given?"""
    active = [
        record
        for record in review.patient.snapshot.medications
        if record.status is OrderStatus.ACTIVE
        and record.product.ingredients & COBALAMINS
        and barred(record.product.ingredients & COBALAMINS)
    ]
    if not active:
        return ActiveToo()
    found = (Input("active on record", str(each.cobalamin), reference=each.reference) for each in active)
    return ActiveToo(tuple(found), (Saying("form_choice.active_too"),))
