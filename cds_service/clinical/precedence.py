"""Which card stands above which, and which silences which (derivations 2.2 and 2.4). Knows topics only."""

from enum import StrEnum

from cds_service.clinical.outcomes import Indicator, Topic

_C, _W, _I = Indicator.CRITICAL, Indicator.WARNING, Indicator.INFO
T = Topic

# Most urgent first: derivations 2.2, rows C1 to I13 as far as their topics exist.
_ORDER: tuple[tuple[Topic, Indicator], ...] = (
    (T.UNIT_ERROR, _C),
    (T.FOLATE_B12_DEF, _C),
    (T.UNIT_ERROR, _W),
    (T.ROUTE_ORAL_NEURO, _W),
    (T.REGIMEN_NEURO, _W),
    (T.ROUTE_IV, _W),
    (T.FOLATE_B12_DEF, _W),
    (T.AKI, _W),
    (T.CYANO_RENAL, _W),
    (T.CYANO_DN, _W),
    (T.FOLATE_B12_UNKNOWN, _W),
    (T.REGIMEN_NONEURO, _W),
    (T.ROUTE_ORAL_PA, _W),
    (T.UNDERDOSE, _W),
    (T.RENAL_UNKNOWN, _W),
    (T.REGIMEN_NEURO, _I),
    (T.REGIMEN_NONEURO, _I),
    (T.ROUTE_ORAL_NEURO, _I),
    (T.ROUTE_ORAL_PA, _I),
    (T.ROUTE_IV, _I),
    (T.UNDERDOSE, _I),
    (T.UNIT_ERROR, _I),
    (T.AKI, _I),
    (T.CYANO_RENAL, _I),
    (T.CYANO_DN, _I),
    (T.RENAL_UNKNOWN, _I),
    (T.FOLATE_B12_DEF, _I),
    (T.FOLATE_B12_UNKNOWN, _I),
    (T.FOLATE_DOC, _I),
    (T.DATA, _I),
)
RANK = {pair: place for place, pair in enumerate(_ORDER)}


class Merge(StrEnum):
    """What becomes of a card that is not shown."""

    PARAGRAPH = "its text stands in the card that silences it"
    TARGET_ORDER = "the target order already holds its correction; the trace names it"


# 2.4, in the order of its table: the card on the left is shown, those on the right are not.
SUPPRESSES: tuple[tuple[Topic, tuple[Topic, ...], Merge], ...] = (
    (T.AKI, (T.CYANO_RENAL, T.CYANO_DN, T.RENAL_UNKNOWN), Merge.PARAGRAPH),
    (T.CYANO_RENAL, (T.CYANO_DN,), Merge.PARAGRAPH),
    (T.CYANO_RENAL, (T.RENAL_UNKNOWN,), Merge.TARGET_ORDER),
    (T.CYANO_DN, (T.RENAL_UNKNOWN,), Merge.PARAGRAPH),
    (T.ROUTE_ORAL_NEURO, (T.REGIMEN_NEURO, T.ROUTE_ORAL_PA, T.UNDERDOSE), Merge.TARGET_ORDER),
    (T.REGIMEN_NEURO, (T.REGIMEN_NONEURO, T.UNDERDOSE, T.ROUTE_IV), Merge.TARGET_ORDER),
    (T.REGIMEN_NONEURO, (T.UNDERDOSE,), Merge.TARGET_ORDER),
    (T.ROUTE_ORAL_PA, (T.UNDERDOSE,), Merge.TARGET_ORDER),
    (T.FOLATE_B12_DEF, (T.FOLATE_B12_UNKNOWN, T.FOLATE_DOC), Merge.TARGET_ORDER),
)
# "T-UNIT-ERROR critical" silences these; at warning or info it does not.
UNIT_ERROR_SUPPRESSES = (T.UNDERDOSE, T.REGIMEN_NONEURO)

# Families F1 (without T-RENAL-UNKNOWN), F3, F4 and T-FOLATE-B12-DEF may carry the dosing proposal (2.1 step 6);
# T-FOLATE-B12-UNKNOWN only when its rule asks for a cobalamin; T-DATA only when nothing else does.
MAY_CARRY = frozenset(
    {
        T.CYANO_RENAL,
        T.CYANO_DN,
        T.AKI,
        T.UNIT_ERROR,
        T.REGIMEN_NEURO,
        T.REGIMEN_NONEURO,
        T.UNDERDOSE,
        T.ROUTE_IV,
        T.ROUTE_ORAL_NEURO,
        T.ROUTE_ORAL_PA,
        T.FOLATE_B12_DEF,
        T.FOLATE_B12_UNKNOWN,
    }
)
CARDS_SHOWN = 3


def rank(topic: Topic, indicator: Indicator) -> int:
    """Place in the order of 2.2; smaller is more urgent."""
    return RANK[(topic, indicator)]
