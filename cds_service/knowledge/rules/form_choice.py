"""What the renal cards say of the forms: which stands in, what that rests on, how the last one left is given."""

from cds_service.clinical.concepts import Ingredient
from cds_service.clinical.outcomes import Saying
from cds_service.clinical.phase import Phase
from cds_service.clinical.review import Review


def form_paragraphs(review: Review, other: Ingredient | None) -> tuple[Saying, ...]:
    """other: the form that the card names instead; cyanocobalamin itself where nothing else is left."""
    if other is Ingredient.CYANOCOBALAMIN:
        return _while_nothing_else(review)
    return (Saying("form_choice.mecobalamin"),) if other is Ingredient.MECOBALAMIN else ()


def form_names(review: Review, other: Ingredient | None) -> tuple[str, ...]:
    """Ids that the choice carries out, beside those of its paragraphs."""
    if other is None:
        return ()
    if other is not Ingredient.CYANOCOBALAMIN:
        return ("R-AGENT-CYANO-LAST", "C-13")
    ceiling = ("C-15",) if review.phase.phase is Phase.MAINTENANCE else ()
    return ("R-CYANO-ONLY-MONITOR", "R-CYANO-SWITCH", *ceiling)


def _while_nothing_else(review: Review) -> tuple[Saying, ...]:
    """By phase and signs: R-CYANO-ONLY-NEURO, -NONEURO and -MAINT, the last with the interval of the labels (C-15)."""
    if review.phase.phase is Phase.MAINTENANCE:
        return (Saying("form_choice.only_maintenance"),)
    if review.phase.phase is not Phase.LOADING:
        return ()
    if review.neurology.present:
        return (Saying("form_choice.only_neurological"),)
    return (Saying("form_choice.only_non_neurological"),) if review.neurology.absent else ()
