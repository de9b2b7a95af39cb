"""A sentence that two cards of one answer would print stands on one of them."""

from collections.abc import Sequence
from dataclasses import replace

from cds_service.clinical.outcomes import Advice

# What a paragraph says, the reason of these cards says too.
_SAID_BY = {"paragraph.pregnancy": ("pregnancy.neurological", "pregnancy.loading")}


def said_once(shown: Sequence[Advice]) -> list[Advice]:
    """The cards that are shown, most urgent first, without a paragraph that another of them prints."""
    printed = {saying.key for advice in shown for saying in (advice.say, *advice.paragraphs)}
    above: set[str] = set()
    found = []
    for advice in shown:
        left_out = {key for key, same in _SAID_BY.items() if key in above or not printed.isdisjoint(same)}
        found.append(replace(advice, paragraphs=tuple(each for each in advice.paragraphs if each.key not in left_out)))
        above |= {each.key for each in advice.paragraphs}
    return found
