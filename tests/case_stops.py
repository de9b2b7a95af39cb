"""The sentences of a case about orders that are stopped, put on hold or cancelled.

"order is stopped" | "order is put on hold: surgery" | "order is cancelled: drug level too high" (a StopReason's value),
"order is what is taken": it has the id of the first record, which the list of medicines still calls active,
"also stopped: hydroxocobalamin 1000 ug IM every 2 mo": another order of the bundle,
"also stopped, what is taken: ..." | "also put on hold, what is taken: ...": the same, with the id of the first record.
"""

from dataclasses import replace
from typing import Any

from cds_service.clinical.orders import MedicationOrder, OrderStatus, StopReason
from tests.clinical.orders import order

_ENDS = {"stopped": OrderStatus.STOPPED, "put on hold": OrderStatus.ON_HOLD, "cancelled": OrderStatus.CANCELLED}
_TAKEN = "MedicationRequest/record-1"


def about_stops(head: str, rest: str, changes: dict[str, Any], drafts: list[MedicationOrder]) -> bool:
    """Is it one of the sentences above? Then the judged order, or the rest of the bundle, says so."""
    if head == "order is what is taken" and not rest:
        changes["reference"] = _TAKEN
    elif (status := _ENDS.get(head.removeprefix("order is "))) is not None and head.startswith("order is "):
        changes["status"] = status
        changes["stop_reasons"] = frozenset({StopReason(rest)} if rest else ())
    elif head.startswith("also "):
        how, _, taken = head.removeprefix("also ").partition(", ")
        if how not in _ENDS or taken not in ("", "what is taken"):
            return False
        reference = _TAKEN if taken else f"MedicationRequest/draft-{len(drafts) + 2}"
        drafts.append(replace(order(rest, reference=reference), status=_ENDS[how]))
    else:
        return False
    return True
