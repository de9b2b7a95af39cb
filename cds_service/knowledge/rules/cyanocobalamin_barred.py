"""What the rules for Leber disease and inherited defects share: is there cyanocobalamin in it, and what else is left?

Any amount by any route counts, in a multivitamin too (derivations 1.2 row 10).
"""

from cds_service.clinical import words
from cds_service.clinical.concepts import Ingredient
from cds_service.clinical.outcomes import NotApplicable, Offer, Saying
from cds_service.clinical.review import Review


def certainly_cyanocobalamin(review: Review) -> bool | NotApplicable:
    """True: cyanocobalamin is stated. False: it may be, since no form is stated (1.3)."""
    if Ingredient.CYANOCOBALAMIN in review.order.product.ingredients:
        return True
    if Ingredient.COBALAMIN_UNSPECIFIED in review.order.product.ingredients:
        return False
    return NotApplicable("the order is not for cyanocobalamin")


def form_left(review: Review) -> Ingredient | None:
    """2.3a: the form to name instead, never cyanocobalamin; None where nothing is left."""
    return review.form_to_propose(without=frozenset({Ingredient.CYANOCOBALAMIN}))


def saying(review: Review, rule: str, kind: str, *, certain: bool) -> Saying:
    """Kind: of the diagnosis, where the form is stated and another is left."""
    other = form_left(review)
    drug = Ingredient.CYANOCOBALAMIN.value.capitalize() if certain else words.drug(review)
    values = {"drug": drug, "other": other.value if other is not None else ""}
    if review.scope.nutritional:
        return Saying(f"{rule}.nutritional", values)
    if other is None:
        return Saying(f"{rule}.{without_form(review)}", values)
    return Saying(f"{rule}.{kind}" if certain else f"{rule}.form_not_stated", values)


def without_form(review: Review) -> str:
    """Which words: hydroxocobalamin is to be obtained (2.8), unless something else than stock stands against it."""
    stock_alone = Ingredient.HYDROXOCOBALAMIN not in review.patient.barred
    return "not_in_stock" if stock_alone else "no_form"


def offer(review: Review) -> Offer:
    """Another form, but no injection for a multivitamin."""
    return Offer.NOTHING if review.scope.nutritional else Offer.CORRECTION
