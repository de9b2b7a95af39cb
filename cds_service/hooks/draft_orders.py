"""The draft orders of a call and which of them are selected. Knows the Bundle and how clients name its entries."""

import re
from typing import Any, Final

from cds_service.hooks.problems import Fault, Problem

_RELATIVE: Final = re.compile(r"[A-Za-z]+/[^/\s]+")
# Each is written out and read anew; order sets have tens
MOST_DRAFTS: Final = 1000
# What may hold orders that nobody would look into; a tuple, because what is looked up in it may be any JSON.
_CONTAINERS: Final = ("Bundle", "List", "Parameters")


def drafts_of(orders: dict[str, Any]) -> tuple[tuple[dict[str, Any], ...], tuple[str | None, ...]]:
    """Resources of the Bundle with their fullUrls, in order; a bare resource is a Bundle of one (decision 22)."""
    kind = orders.get("resourceType", "Bundle")
    if kind != "Bundle" and kind in _CONTAINERS:
        raise Problem(Fault.BAD_REQUEST, path="context.draftOrders", rule="must be a Bundle or one order")
    if "entry" not in orders and kind != "Bundle":
        return (orders,), (None,)
    if len(orders.get("entry") or ()) > MOST_DRAFTS:
        raise Problem(Fault.TOO_LARGE, path="context.draftOrders.entry", rule=f"at most {MOST_DRAFTS} entries")
    drafts: list[dict[str, Any]] = []
    urls: list[str | None] = []
    for place, entry in enumerate(orders.get("entry") or ()):
        if entry is None:
            continue
        resource, url = entry.get("resource", entry), entry.get("fullUrl")
        if resource.get("resourceType") in _CONTAINERS:
            path = f"context.draftOrders.entry[{place}].resource"
            raise Problem(Fault.BAD_REQUEST, path=path, rule="must be an order, and hold no others")
        drafts.append(resource)
        urls.append(url if isinstance(url, str) else None)
    return tuple(drafts), tuple(urls)


def selections_of(
    selected: Any, drafts: tuple[dict[str, Any], ...], full_urls: tuple[str | None, ...]
) -> tuple[str, ...]:
    """Selections as "Type/id" of a draft where one matches; none of them where one cannot be read: it may name any
    draft, and all are evaluated then (decision 20)."""
    chosen = [_pointer(item) for item in selected] if isinstance(selected, list) else [_pointer(selected)]
    if None in chosen:
        return ()
    odd = [item for item in chosen if item and not _RELATIVE.fullmatch(item)]
    named = _names(drafts, full_urls) if odd else {}
    return tuple(item if _RELATIVE.fullmatch(item) else _as_reference(item, named) for item in chosen if item)


def _pointer(item: Any) -> str | None:
    """A selection as text; a Reference object is read as well."""
    pointer = item.get("reference") if isinstance(item, dict) else item
    return pointer if isinstance(pointer, str) else None


def _names(drafts: tuple[dict[str, Any], ...], full_urls: tuple[str | None, ...]) -> dict[str, str]:
    """fullUrl and id of every draft -> "Type/id"; the fullUrl of a draft without id stays as it is, and so does what
    several drafts share: it selects each of them."""
    named: dict[str, str] = {}
    for draft, url in zip(drafts, full_urls, strict=True):
        identity = draft.get("id")
        name = f"{draft.get('resourceType')}/{identity}" if isinstance(identity, str) else url
        for each in (url, identity):
            if isinstance(each, str) and name is not None and named.setdefault(each, name) != name:
                named[each] = each
    return named


def _as_reference(item: str, named: dict[str, str]) -> str:
    """A bare id, fullUrl or absolute URL as "Type/id"."""
    if item in named:
        return named[item]
    ending = "/".join(item.split("/")[-2:])
    return ending if "/" in item and _RELATIVE.fullmatch(ending) else item
