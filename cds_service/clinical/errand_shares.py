"""Which card offers which test or referral: each is offered once in an answer, whoever names it in its text."""

from collections.abc import Sequence

from cds_service.clinical.candidates import Candidate
from cds_service.clinical.errands import LabTest, Referral
from cds_service.clinical.topics import Topic

Errands = frozenset[LabTest | Referral]


def asked(cards: Sequence[Candidate]) -> Errands:
    """What these cards ask for, whatever is chosen."""
    outcomes = [outcome for card in cards for outcome in card.everything]
    tests: Errands = frozenset(test for outcome in outcomes for test in outcome.tests)
    return tests | frozenset(referral for outcome in outcomes for referral in outcome.referrals)


def of_potassium(shown: Sequence[Candidate]) -> Errands:
    """The tests of T-K, which stay on its card: they are taken whether or not the order is changed."""
    return asked([card for card in shown if card.rule.topic is Topic.POTASSIUM])


def offered_elsewhere(shown: Sequence[Candidate], carrier: Candidate | None) -> list[Errands]:
    """For each card, in their order, what another offers: T-K its tests, then the carrier, then by rank."""

    def turn(place: int) -> tuple[bool, bool, int]:
        card = shown[place]
        return (card.rule.topic is not Topic.POTASSIUM, card is not carrier, place)

    given: Errands = frozenset()
    found: dict[int, Errands] = {}
    for place in sorted(range(len(shown)), key=turn):
        found[place] = given
        # What rides on a first option only, and others ask for too, evaluate.py puts on every option.
        given |= asked([shown[place]])
        given |= frozenset(each for outcome in shown[place].everything for each in outcome.referrals_with_first)
    return [found[place] for place in range(len(shown))]
