"""What is off label, above the label or unlicensed of the orders proposed, by region (SG-36, derivations 9.1)."""

from collections.abc import Iterable

from cds_service.clinical.concepts import Ingredient, Route
from cds_service.clinical.outcomes import Proposal, Saying
from cds_service.clinical.policy import Region

_HYDROXOCOBALAMIN, _CYANOCOBALAMIN = Ingredient.HYDROXOCOBALAMIN, Ingredient.CYANOCOBALAMIN


def licence_remarks(proposals: Iterable[Proposal], region: Region) -> tuple[Saying, ...]:
    """One sentence for each form and route that has one; an order without a dose is not above any label."""
    return tuple(dict.fromkeys(Saying(f"licence.{key}") for each in proposals for key in _keys(each, region)))


def _keys(proposal: Proposal, region: Region) -> Iterable[str]:
    form, route, us = proposal.form, proposal.route, region is Region.US
    if not route.parenteral:
        if form is _CYANOCOBALAMIN and route is not Route.NASAL:
            yield "by_mouth_us" if us else "by_mouth_uk"
        return
    if form is Ingredient.MECOBALAMIN:
        yield "mecobalamin_us" if us else "mecobalamin_uk"
    elif us and proposal.dose_ug is not None:
        yield "hydroxocobalamin_us" if form is _HYDROXOCOBALAMIN else "cyanocobalamin_us"
    elif not us and form is _CYANOCOBALAMIN:
        yield "cyanocobalamin_uk"
    if route is Route.SUBCUTANEOUS and form is _HYDROXOCOBALAMIN:
        yield "subcutaneous_us" if us else "subcutaneous_uk"
