"""The draft orders of a request as MedicationOrders. Knows the shapes of DSTU2 to R5; never changes what was sent.

Each draft is written out as JSON and read back through the same records as everything else, so there is one reader
for drafts and records, and the client's own object is not touched.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import msgspec

from cds_service.clinical.concepts import COBALAMINS, FOLATES, ProductKind
from cds_service.clinical.orders import (
    FINISHED,
    DosageStep,
    MedicationOrder,
    NeurologicalStatement,
    OrderStatus,
    Origin,
)
from fhir_mappings.medications import STATUSES, medication_finder, order_of
from fhir_mappings.medicine_records import OrderRecord
from fhir_mappings.parse import Subjects, UnreadableError, decode
from fhir_mappings.primitives import local_reference
from fhir_mappings.products import NO_ADDRESS, Drug, FindMedication, drug_of
from fhir_mappings.records import Extension, Reference
from fhir_mappings.salvage import MEDICATION_ELEMENTS, drug_elements

NEUROLOGICAL_STATUS = "https://cobalamin-cds.org/fhir/StructureDefinition/neurological-status"
# Tuples, because what is looked up in them may be any JSON at all, also a list.
_ORDERS = ("MedicationRequest", "MedicationOrder")
_STATEMENTS = {each.value: each for each in NeurologicalStatement}
# Numbers as they were written: 1.30 stays 1.30.
_WRITER = msgspec.json.Encoder(decimal_format="number")

MOST_IN_SCOPE = 50
Json = dict[str, Any]


def read_drafts(
    drafts: Sequence[Json],
    full_urls: Sequence[str | None],
    selections: Sequence[str],
    patient_id: str,
    medications: Mapping[str, bytes] = MappingProxyType({}),
) -> tuple[MedicationOrder, ...]:
    """The medication orders among the drafts, in their order; `index` is the position in `drafts`.

    medications: what was read from the server for references of drafts, by reference.

    full_urls: one per draft. selections: as sent; when none of them names any draft, all count as selected. Orders
    about another patient and orders not to give something are left out (count_foreign counts the former).
    """
    selected = _selected(drafts, full_urls, selections)
    find = _finder(drafts, full_urls, medications)
    subjects = Subjects(patient_id)
    named = Counter(map(_own_name, drafts))
    found = []
    for index, (draft, full_url) in enumerate(zip(drafts, full_urls, strict=True)):
        if draft.get("resourceType") not in _ORDERS or _is_foreign(draft, subjects):
            continue
        order = _order(draft, find)
        if order is not None:
            chosen = selected is None or index in selected
            name = _reference(draft, full_url, index)
            # An update of an order without an id cannot be applied, and of an id that two drafts have it may be applied
            # to the other one. One that is not R4 gets its change in words.
            changeable = order.changeable and _has_an_id(draft) and named[_own_name(draft)] == 1
            found.append(replace(order, reference=name, index=index, selected=chosen, changeable=changeable))
    return tuple(found)


def count_foreign(drafts: Sequence[Json], patient_id: str) -> int:
    """How many drafts of any type name another patient as their subject."""
    subjects = Subjects(patient_id)
    return sum(_is_foreign(draft, subjects) for draft in drafts)


def foreign_in_scope(
    drafts: Sequence[Json], full_urls: Sequence[str | None], selections: Sequence[str], patient_id: str
) -> int | None:
    """Position of a selected order in scope whose subject is another patient, or None.

    Leaving it out would look like "the order is right"; answering it would use another patient's data.
    """
    selected = _selected(drafts, full_urls, selections)
    find, subjects = _finder(drafts, full_urls), Subjects(patient_id)
    for index, draft in enumerate(drafts):
        chosen = selected is None or index in selected
        if not chosen or draft.get("resourceType") not in _ORDERS or not _is_foreign(draft, subjects):
            continue
        order = _order(draft, find)
        if order is not None and any_in_scope([order]):
            return index
    return None


def any_in_scope(orders: Sequence[MedicationOrder]) -> bool:
    """Does a selected, unfinished order contain a cobalamin, folic acid or levomefolate as a medicine?

    An order whose Medication could not be read, and which has no words either, may: it is named, not passed over.
    """
    return any(order.selected and _in_scope(order) for order in orders)


def too_many(orders: Sequence[MedicationOrder]) -> bool:
    """More orders in scope than are judged in one request, selected or not? Each is compared with every other."""
    return len(orders) > MOST_IN_SCOPE and sum(map(_in_scope, orders)) > MOST_IN_SCOPE


def _in_scope(order: MedicationOrder) -> bool:
    return (
        order.status not in FINISHED
        and order.product.kind is ProductKind.MEDICINE
        and (order.drug_unknown or not order.product.ingredients.isdisjoint(COBALAMINS | FOLATES))
    )


def unread_medications(orders: Sequence[MedicationOrder]) -> tuple[str, ...]:
    """Medications on the server that selected drafts refer to and that nothing sent along explains."""
    return tuple(dict.fromkeys(order.unread for order in orders if order.selected and order.unread))


def _order(draft: Json, find: FindMedication) -> MedicationOrder | None:
    try:
        record = decode(_WRITER.encode(draft), OrderRecord)
    except (UnreadableError, TypeError, ValueError, RecursionError):
        # Some element has an impossible shape. The drug may still be readable, and then the order is not ignored.
        return _drug_alone(draft, find)
    if record.do_not_perform:
        return None
    drug = _named(draft, drug_of(record, find))
    status = OrderStatus.DRAFT if record.status is None else STATUSES.get(record.status, OrderStatus.UNKNOWN)
    if drug.product.recognised and not drug.matters:
        # No rule asks about this medicine: its dose and timing are not worth reading.
        return MedicationOrder("", drug.product, status, Origin.DRAFT, unread=drug.unread or "")
    order = order_of(record, drug, Origin.DRAFT, status, _stated_neurology(record.extension or []))
    return replace(order, unread=drug.unread) if drug.unread else order


def _drug_alone(draft: Json, find: FindMedication) -> MedicationOrder:
    """The drug and nothing else: its dose is unreadable, and nobody may change a draft that nobody could read."""
    record = decode(_WRITER.encode(drug_elements(draft)), OrderRecord)
    status = OrderStatus.DRAFT if record.status is None else STATUSES.get(record.status, OrderStatus.UNKNOWN)
    drug = _named(draft, drug_of(record, find))
    order = order_of(record, drug, Origin.DRAFT, status)
    return replace(order, steps=(DosageStep(dose_unreadable=True),), changeable=False, unread=drug.unread or "")


def _named(draft: Json, drug: Drug) -> Drug:
    """The drug; one that the draft does name, in a way that nobody can read, is unread and so not passed over."""
    unheard = not drug.product.recognised and drug.unread is None and any(name in draft for name in MEDICATION_ELEMENTS)
    return replace(drug, unread=NO_ADDRESS) if unheard else drug


def _stated_neurology(extensions: list[Extension]) -> NeurologicalStatement | None:
    """The prescriber's statement on the draft; two that contradict each other are none."""
    said: set[NeurologicalStatement] = set()
    for extension in extensions:
        if extension.url != NEUROLOGICAL_STATUS:
            continue
        concept = extension.value_codeable_concept
        codings = (*((concept.codings) if concept is not None else ()), extension.value_coding)
        sent = (extension.value_code, *(coding.code for coding in codings if coding is not None))
        said |= {_STATEMENTS[code] for code in sent if code in _STATEMENTS}
    return said.pop() if len(said) == 1 else None


def _reference(draft: Json, full_url: str | None, index: int) -> str:
    identity = draft.get("id")
    if isinstance(identity, str) and identity:
        return f"{draft['resourceType']}/{identity}"
    return full_url or f"#draft-{index}"


def _own_name(draft: Json) -> str:
    return f"{draft.get('resourceType')}/{draft.get('id')}"


def _has_an_id(draft: Json) -> bool:
    identity = draft.get("id")
    return isinstance(identity, str) and identity.strip() != ""


def _is_foreign(draft: Json, subjects: Subjects) -> bool:
    """Names the subject another patient? A draft without a subject is the context patient's: nothing says otherwise."""
    about = draft.get("subject") or draft.get("patient")
    about = about[0] if isinstance(about, list) and about else about
    pointer = about.get("reference") if isinstance(about, Mapping) else about
    if not isinstance(pointer, str):
        return False
    return not pointer.startswith("#") and not subjects.is_patient(Reference(reference=pointer))


def _selected(drafts: Sequence[Json], full_urls: Sequence[str | None], selections: Sequence[str]) -> set[int] | None:
    """Positions of the drafts that the selections name; None when they name none (decision 20).

    A Medication that lies beside the orders is no order: who names only that has named none.
    """
    wanted = {name for each in selections for name in (each, local_reference(each)) if name}
    found = {
        index
        for index, (draft, full_url) in enumerate(zip(drafts, full_urls, strict=True))
        if draft.get("resourceType") != "Medication" and wanted & _names(draft, full_url)
    }
    return found or None


def _names(draft: Json, full_url: str | None) -> set[str]:
    """All that a selection or a medicationReference may call this entry."""
    identity, kind = draft.get("id"), draft.get("resourceType")
    if isinstance(identity, int):
        identity = str(identity)
    names = {identity, f"{kind}/{identity}"} if isinstance(identity, str) and identity else set()
    if full_url:
        names |= {full_url, local_reference(full_url) or full_url}
    return names


def _finder(
    drafts: Sequence[Json], full_urls: Sequence[str | None], medications: Mapping[str, bytes] = MappingProxyType({})
) -> FindMedication:
    """Medication entries beside the orders, by id or fullUrl; then those read from the server."""
    read = medication_finder(dict(medications))
    entries: dict[str, Json] = {}
    for draft, full_url in zip(drafts, full_urls, strict=True):
        if draft.get("resourceType") == "Medication":
            entries |= dict.fromkeys(_names(draft, full_url), draft)

    def find(pointer: str) -> bytes | None:
        entry = entries.get(pointer) or entries.get(local_reference(pointer) or pointer)
        try:
            return read(pointer) if entry is None else _WRITER.encode(entry)
        except (TypeError, ValueError, RecursionError):
            return None

    return find
