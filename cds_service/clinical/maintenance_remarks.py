"""What the reader is told of maintenance beside a proposal: why every 2 months, and what a loading course leaves out.

Knows reviews and proposals; no rule.
"""

from collections.abc import Iterable

from cds_service.clinical.choices import maintenance, within_ceiling
from cds_service.clinical.concepts import Answer
from cds_service.clinical.maintenance_interval import MONTHLY
from cds_service.clinical.outcomes import Proposal, Saying
from cds_service.clinical.review import Review
from cds_service.clinical.topics import Topic

_LOADING = frozenset({"loading_neurological", "loading_non_neurological"})


def maintenance_remarks(review: Review, proposals: tuple[Proposal, ...]) -> Iterable[Saying]:
    """9.2 row 6, "say why", where the card itself speaks of 2 to 3 months; and row 2, "not chained"."""
    every_two_months = any(each.regimen == "maintenance_neurological" for each in proposals)
    speaks_of_three = review.non_parenteral or Topic.UNDERDOSE in review.fired
    drafted = review.order.cobalamin is not None
    if every_two_months and drafted and speaks_of_three and review.neurological_history is Answer.UNKNOWN:
        yield Saying("offer.interval_history_unknown")
    loading = [each for each in proposals if each.regimen in _LOADING]
    if loading and review.course.loads_and_maintains and review.whole:
        form = loading[0].form
        follows = within_ceiling(form, maintenance(review, form))
        yield Saying("offer.loading_alone", {"maintenance": review.knowledge.regimens[follows or MONTHLY].text})
