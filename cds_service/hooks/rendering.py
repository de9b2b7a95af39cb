"""What every card of one answer is made with: the request, its orders, the knowledge and the client's profile."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid5

from cds_service.clinical.orders import MedicationOrder
from cds_service.clinical.outcomes import Saying
from cds_service.hooks.clients import DEFAULT, Profile
from cds_service.hooks.request import HookRequest
from cds_service.knowledge.tables import Library
from cds_service.knowledge.wording import Wording

Json = dict[str, Any]
_NAMESPACE: Final = UUID("5f2f3c0e-8d0b-5c39-9c38-0f6f4c1d7b12")


@dataclass(frozen=True, slots=True)
class Rendering:
    """orders: the drafts as read; their JSON is in request.drafts. client: the caller's name, "" for anybody."""

    request: HookRequest
    orders: tuple[MedicationOrder, ...]
    library: Library
    wording: Wording
    base_url: str
    client: str = ""
    profile: Profile = DEFAULT

    def order_at(self, index: int) -> MedicationOrder:
        return next(order for order in self.orders if order.index == index)

    def words(self, key: str, part: str, **values: str) -> str:
        """One part of an entry of the wording, filled."""
        return self.wording.part(Saying(key, values), part)


def identifier(*parts: str) -> str:
    """A uuid that is the same for the same parts (decision 23)."""
    return str(uuid5(_NAMESPACE, "\x1f".join(parts)))
