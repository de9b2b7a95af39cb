"""Another form for a child whose drafted form is barred: dose and timing as drafted (derivations 2.3d, 2.5)."""

from cds_service.clinical.concepts import Ingredient, Route
from cds_service.clinical.outcomes import Offer, Proposal, Recommend
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Topic

_INJECTED = (Route.INTRAMUSCULAR, Route.SUBCUTANEOUS)


def childs_form(review: Review, fired: dict[Topic, Recommend]) -> tuple[Proposal, ...]:
    """The same injection with hydroxocobalamin, where one dose of 250 to 1000 micrograms and a timing are drafted.

    Nothing for any other draft: no dose for a child is ours to set. In an inherited defect form and route only.
    """
    barred = [each for each in (Topic.CYANO_LEBER, Topic.CYANO_IEM) if each in fired]
    if not review.whole or not any(fired[each].offer is Offer.CORRECTION for each in barred):
        return ()
    if review.form_to_propose() is not Ingredient.HYDROXOCOBALAMIN:
        return ()
    steps = review.order.steps
    routes = {step.route for step in steps}
    dose, smallest = review.largest_dose_ug, review.smallest_dose_ug
    if dose is None or dose != smallest or any(not step.doses or step.dose_unreadable for step in steps):
        return ()
    if not review.t.child_dose_min_ug <= dose <= review.t.child_dose_max_ug:
        return ()
    if len(routes) != 1 or not routes <= set(_INJECTED) or any(step.timing is None for step in steps):
        return ()
    (route,) = routes
    if route is None:
        return ()
    if Topic.CYANO_IEM in fired:
        return (Proposal(Ingredient.HYDROXOCOBALAMIN, route, None, None),)
    return (Proposal(Ingredient.HYDROXOCOBALAMIN, route, dose, None),)
