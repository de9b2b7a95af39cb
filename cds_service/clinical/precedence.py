"""Which card stands above which, and which silences which (derivations 2.2 and 2.4). Knows topics only.

Every topic has a line in _ORDER for each of its indicators, one in CARRIERS if it may hold the dosing proposal, and one
in SILENCES for each row of 2.4 that names it.
"""

from dataclasses import dataclass
from enum import StrEnum

from cds_service.clinical.topics import Family, Indicator, Standing, Topic

_C, _W, _I = Indicator.CRITICAL, Indicator.WARNING, Indicator.INFO
T = Topic

# Most urgent first: derivations 2.2, rows C1 to I13.
_ORDER: tuple[tuple[Topic, Indicator], ...] = (
    (T.ALLERGY, _C),
    (T.CYANO_LEBER, _C),
    (T.CYANO_IEM, _C),
    (T.UNIT_ERROR, _C),
    (T.FOLATE_B12_DEF, _C),
    (T.POTASSIUM, _W),
    # T-PLT below 10 stands here: _HIGHER
    (T.ALLERGY, _W),
    (T.CYANO_LEBER, _W),
    (T.CYANO_IEM, _W),
    (T.UNIT_ERROR, _W),
    (T.RECUR, _W),
    (T.ROUTE_ORAL_NEURO, _W),
    (T.REGIMEN_NEURO, _W),
    (T.ROUTE_IV, _W),
    (T.STOP, _W),
    (T.FOLATE_B12_DEF, _W),
    (T.PLT, _W),
    (T.ANTICOAG, _W),
    (T.AKI, _W),
    (T.CYANO_RENAL, _W),
    (T.CYANO_DN, _W),
    (T.PREG, _W),
    # T-PEDS at warning (2.5) has no place in 2.2: it is of the same kind as T-PREG.
    (T.PEDS, _W),
    (T.FOLATE_B12_UNKNOWN, _W),
    (T.REGIMEN_NONEURO, _W),
    (T.ROUTE_ORAL_PA, _W),
    (T.ROUTE_ORAL_MALABS, _W),
    (T.UNDERDOSE, _W),
    (T.TITRATE, _W),
    (T.RENAL_UNKNOWN, _W),
    (T.DUP, _W),
    # T-COBALAMIN-ALLERGY for cobalt or an excipient stands here: _LOWER
    (T.PEDS, _I),
    (T.REGIMEN_NEURO, _I),
    (T.REGIMEN_NONEURO, _I),
    (T.POTASSIUM, _I),
    (T.PREG, _I),
    (T.BARI_PREG, _I),
    (T.RECUR, _I),
    (T.STOP, _I),
    (T.TITRATE, _I),
    (T.ILEAL_PROPH, _I),
    (T.CROHN, _I),
    (T.ROUTE_ORAL_NEURO, _I),
    (T.ROUTE_ORAL_PA, _I),
    (T.ROUTE_ORAL_MALABS, _I),
    (T.ROUTE_RYGB, _I),
    (T.ROUTE_IV, _I),
    (T.UNDERDOSE, _I),
    (T.UNIT_ERROR, _I),
    # T-CYANO-LEBER at info: what the labels say where the eye is the reason (8.9).
    (T.CYANO_LEBER, _I),
    (T.AKI, _I),
    (T.CYANO_RENAL, _I),
    (T.CYANO_DN, _I),
    (T.RENAL_UNKNOWN, _I),
    (T.FOLATE_B12_DEF, _I),
    (T.FOLATE_B12_UNKNOWN, _I),
    (T.FOLATE_DOC, _I),
    (T.PLT, _I),
    (T.ANTICOAG, _I),
    (T.SITE, _I),
    (T.FUNCTIONAL, _I),
    (T.MMA_RENAL, _I),
    (T.DUP, _I),
    (T.REFER, _I),
    (T.MONITOR, _I),
    (T.DATA, _I),
)
RANK: dict[tuple[Topic, Indicator], float] = {pair: place for place, pair in enumerate(_ORDER)}
# The second place of a topic at one indicator: just after the card named.
_SECOND_PLACE = {
    (T.PLT, _W, Standing.HIGHER): RANK[(T.POTASSIUM, _W)] + 0.5,
    # "M15 and M16 come before all else": also where an examination or the age decides what is due.
    (T.DATA, _I, Standing.HIGHER): RANK[(T.REGIMEN_NONEURO, _I)] + 0.5,
    (T.ALLERGY, _W, Standing.LOWER): RANK[(T.DUP, _W)] + 0.5,
}


class Merge(StrEnum):
    """What becomes of a card that is not shown."""

    PARAGRAPH = "its text stands in the card that silences it"
    TARGET_ORDER = "the target order already holds its correction; the trace names it"


@dataclass(frozen=True, slots=True)
class Silence:
    """One row of 2.4: where `winner` fires for a draft, `losers` are no cards of their own for that draft.

    from_: the row holds only where the winner is at least so urgent; below: only where the loser is less urgent.
    proposals_only: it silences a loser only where that is the proposal for an order without timing ("regimen
    proposals at info"). Whatever the row, a card never silences one that is more urgent than itself: an info never
    hides a warning.
    """

    winner: Topic
    losers: tuple[Topic, ...]
    merge: Merge
    from_: Indicator = _I
    below: Indicator | None = None
    proposals_only: bool = False


_PROPOSALS = (T.REGIMEN_NEURO, T.REGIMEN_NONEURO)
_RENAL = (T.AKI, T.CYANO_RENAL, T.CYANO_DN)
# F4, and the question of T-DATA that offers two schedules; its gaps stay, under "could not be checked".
_F4 = (
    T.RECUR,
    T.ROUTE_ORAL_NEURO,
    T.REGIMEN_NEURO,
    T.ROUTE_IV,
    T.REGIMEN_NONEURO,
    T.ROUTE_ORAL_PA,
    T.ROUTE_ORAL_MALABS,
    T.UNDERDOSE,
    T.TITRATE,
    T.ROUTE_RYGB,
    T.ILEAL_PROPH,
    T.CROHN,
)
_SCHEDULE = (*_F4, T.DATA)
_NEEDLE = (T.PLT, T.ANTICOAG, T.SITE, T.POTASSIUM)

# 2.4, in the order of its table. Rows whose cards never meet, because one is of an order and one of the chart, are left
# out (T-PREG and T-BARI-PREG; T-FOLATE-B12-DEF and T-FUNCTIONAL), and what one_per_family does anyway (F6; F4 info).
SILENCES: tuple[Silence, ...] = (
    # Whatever would press for a drug that is barred, or for an adult schedule, is kept out of the text: schedules, and
    # "no need to delay". The rules of these cards say what is urgent of the nerves; tests, referrals and gaps stay.
    Silence(T.ALLERGY, _RENAL, Merge.PARAGRAPH, from_=_C),
    Silence(T.ALLERGY, (T.CYANO_LEBER, T.CYANO_IEM), Merge.PARAGRAPH, from_=_C, below=_C),
    Silence(T.ALLERGY, (T.RENAL_UNKNOWN, *_SCHEDULE, *_NEEDLE, T.DUP), Merge.TARGET_ORDER, from_=_C),
    Silence(T.CYANO_LEBER, _RENAL, Merge.PARAGRAPH),
    Silence(T.CYANO_LEBER, (T.RENAL_UNKNOWN,), Merge.TARGET_ORDER),
    Silence(T.CYANO_IEM, _RENAL, Merge.PARAGRAPH),
    Silence(T.CYANO_IEM, (T.RENAL_UNKNOWN, *_SCHEDULE), Merge.TARGET_ORDER),
    Silence(T.UNIT_ERROR, (T.UNDERDOSE, T.REGIMEN_NONEURO), Merge.TARGET_ORDER, from_=_C),
    Silence(T.AKI, (T.CYANO_RENAL, T.CYANO_DN, T.RENAL_UNKNOWN), Merge.PARAGRAPH),
    Silence(T.CYANO_RENAL, (T.CYANO_DN,), Merge.PARAGRAPH),
    Silence(T.CYANO_RENAL, (T.RENAL_UNKNOWN,), Merge.TARGET_ORDER),
    Silence(T.CYANO_DN, (T.RENAL_UNKNOWN,), Merge.PARAGRAPH),
    Silence(T.RECUR, (T.REGIMEN_NEURO, T.REGIMEN_NONEURO, T.UNDERDOSE, T.TITRATE), Merge.TARGET_ORDER),
    Silence(
        T.ROUTE_ORAL_NEURO,
        (T.REGIMEN_NEURO, T.ROUTE_ORAL_PA, T.ROUTE_ORAL_MALABS, T.ROUTE_RYGB),
        Merge.TARGET_ORDER,
    ),
    Silence(T.REGIMEN_NEURO, (T.REGIMEN_NONEURO, T.UNDERDOSE, T.ROUTE_IV), Merge.TARGET_ORDER),
    Silence(T.REGIMEN_NONEURO, (T.UNDERDOSE,), Merge.TARGET_ORDER),
    Silence(T.ROUTE_ORAL_PA, (T.ROUTE_ORAL_MALABS, T.ROUTE_RYGB), Merge.TARGET_ORDER),
    Silence(T.ROUTE_ORAL_MALABS, (T.ROUTE_RYGB, T.REGIMEN_NONEURO), Merge.TARGET_ORDER),
    # A warning about the route brings injections, which settle a low dose by mouth; an info shows both views, and the
    # dose stays owed. 8.3: the warning offers both courses itself, so the question of T-DATA is asked once.
    Silence(T.ROUTE_ORAL_NEURO, (T.UNDERDOSE,), Merge.TARGET_ORDER, from_=_W),
    Silence(T.ROUTE_ORAL_PA, (T.UNDERDOSE, T.DATA), Merge.TARGET_ORDER, from_=_W),
    Silence(T.ROUTE_ORAL_MALABS, (T.UNDERDOSE, T.DATA), Merge.TARGET_ORDER, from_=_W),
    # "Any warning or critical F1 card": T-RENAL-UNKNOWN is left out, since it may not carry what it would silence.
    *(
        Silence(form, _PROPOSALS, Merge.PARAGRAPH, from_=_W, proposals_only=True)
        for form in (T.CYANO_LEBER, T.AKI, T.CYANO_RENAL, T.CYANO_DN)
    ),
    *(
        Silence(form, (T.ILEAL_PROPH,), Merge.PARAGRAPH, from_=_W)
        for form in (T.CYANO_LEBER, T.AKI, T.CYANO_RENAL, T.CYANO_DN)
    ),
    # The draft becomes another order: that the active one would run beside it is a paragraph of that card.
    *(
        Silence(form, (T.DUP,), Merge.PARAGRAPH, from_=_W, below=_W)
        for form in (T.CYANO_LEBER, T.CYANO_IEM, T.AKI, T.CYANO_RENAL, T.CYANO_DN)
    ),
    Silence(T.FOLATE_B12_DEF, (T.FOLATE_B12_UNKNOWN, T.FOLATE_DOC), Merge.TARGET_ORDER),
)

# 2.1 step 6, one set after the other: the highest-ranked card of the first set that has one holds the proposal.
# F1 without T-RENAL-UNKNOWN, F3, F4, T-FOLATE-B12-DEF, and T-FOLATE-B12-UNKNOWN (when its rule asks for a cobalamin);
# then F6 (the route); then T-DATA.
CARRIERS: tuple[frozenset[Topic], ...] = (
    frozenset(
        {
            T.CYANO_LEBER,
            T.CYANO_IEM,
            T.AKI,
            T.CYANO_RENAL,
            T.CYANO_DN,
            T.UNIT_ERROR,
            *_F4,
            T.STOP,
            T.FOLATE_B12_DEF,
            T.FOLATE_B12_UNKNOWN,
        }
    ),
    frozenset({T.PLT, T.ANTICOAG, T.SITE}),
    frozenset({T.DATA}),
)
# Every other family has one card (2.1 step 4). T-DATA keeps its own: 2.4 says where its gaps go.
MORE_THAN_ONE_CARD = frozenset({Family.HOUSEKEEPING})
# 2.1 step 5: with more critical cards than places, the first of these merges into the second.
YIELDS_TO = (Family.UNIT, Family.FORM)
CARDS_SHOWN = 3


def rank(topic: Topic, indicator: Indicator, standing: Standing = Standing.USUAL) -> float:
    """Place in the order of 2.2; smaller is more urgent."""
    return _SECOND_PLACE.get((topic, indicator, standing), RANK[(topic, indicator)])
