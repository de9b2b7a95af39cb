"""One prefetch value or search answer -> its resources, still raw. Knows Bundle and OperationOutcome, nothing clinical.

The rows of REQ-44. A Bundle is decoded once; of each resource only the type is looked at.
"""

import re
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

import msgspec
from msgspec import Raw, Struct

from cds_service.clinical.snapshot import Availability
from cds_service.hooks.services import PrefetchKey

_REFUSALS: Final = frozenset({"forbidden", "login", "security", "expired", "suppressed"})
_FAILURES: Final = frozenset({"error", "fatal"})
_TYPE: Final = re.compile(rb'\s*\{\s*"resourceType"\s*:\s*"([A-Za-z]+)"')
_NULL: Final = Raw(b"null")
MOST_ENTRIES: Final = 20_000  # entries that hold nothing take a second for each quarter of a million
# What may hold the resources that were asked for, where nobody looks for them: a batch answer as it came, say.
_CONTAINERS: Final = ("Bundle", "List", "Parameters")
# What DSTU2 and STU3 call the orders that we ask for.
_ALSO: Final = {"MedicationRequest": "MedicationOrder", "ServiceRequest": "ProcedureRequest"}


class TooManyError(Exception):
    """More entries in one Bundle than anybody reads."""


@dataclass(frozen=True, slots=True, repr=False)
class Part:
    """What one key gave. state: COMPLETE if what was read is sound in itself; see `availability` for the whole.

    next_page: link to a page not read yet. total: how many the server counts. medications: Medication resources
    that came along, by "Medication/id". ask_again: nothing usable, and a required key may be asked for once more.
    """

    resources: tuple[bytes | Raw, ...]
    state: Availability
    next_page: str | None = None
    total: int | None = None
    medications: dict[str, bytes] = field(default_factory=dict)
    ask_again: bool = False

    @property
    def availability(self) -> Availability:
        """COMPLETE only if no page is left and the server counts no more than there is."""
        short = self.total is not None and len(self.resources) < self.total
        if self.state is Availability.COMPLETE and (short or self.next_page is not None):
            return Availability.INCOMPLETE
        return self.state

    def followed_by(self, page: "Part") -> "Part":
        """This part and its next page."""
        sound = self.state is Availability.COMPLETE and page.state is Availability.COMPLETE
        return replace(
            self,
            resources=self.resources + page.resources,
            state=Availability.COMPLETE if sound else Availability.INCOMPLETE,
            next_page=page.next_page,
            total=page.total if self.total is None else self.total,
            medications=self.medications | page.medications,
        )


class _Search(Struct, gc=False):
    mode: str | None = None


class _Entry(Struct, gc=False):
    resource: Raw = _NULL
    search: _Search | None = None


class _Link(Struct, gc=False):
    relation: str | None = None
    url: str | None = None


class _Bundle(Struct):
    entry: list[_Entry | None] | None = None
    link: list[_Link | None] | None = None
    total: int | None = None


class _LooseBundle(Struct):
    entry: list[Raw] | None = None


class _Shape(Struct):
    """Just enough of any value to tell what it is."""

    resourceType: str | None = None  # noqa: N815
    resource: Raw = _NULL
    id: str | None = None


class _Issue(Struct):
    severity: str | None = None
    code: str | None = None


class _Outcome(Struct):
    issue: list[_Issue] | None = None


_SHAPE = msgspec.json.Decoder(_Shape)
_BUNDLE = msgspec.json.Decoder(_Bundle)
_LOOSE = msgspec.json.Decoder(_LooseBundle)
_ENTRY = msgspec.json.Decoder(_Entry)
_OUTCOME = msgspec.json.Decoder(_Outcome)


def read_part(key: PrefetchKey, raw: bytes | Raw) -> Part | None:
    """The part that a value holds, or None where the value counts as absent (malformed, of another type).
    TooManyError for a Bundle of more than MOST_ENTRIES."""
    if bytes(memoryview(raw)[:5]).strip() == b"null":
        # null is "no data": an answer for a search, nothing to go by for a read
        return None if key.is_read else Part((), Availability.COMPLETE)
    kind = _type_of(raw)
    if kind is None:
        wrapped = _shape(raw)  # {"response", "resource"}, from before 1.0
        inner = None if wrapped is None else wrapped.resource
        return None if inner is None or _type_of(inner) is None else read_part(key, inner)
    if kind == "OperationOutcome":
        return Part((), _failure(raw) or Availability.FAILED)
    if kind == "Bundle":
        return _bundle(key, raw)
    if kind in _types(key.resource_type):
        # one resource where a search was asked for is some of the answer, not known to be all of it
        return Part((raw,), Availability.COMPLETE if key.is_read else Availability.INCOMPLETE)
    return None


def _shape(raw: bytes | Raw) -> _Shape | None:
    try:
        return _SHAPE.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _bundle(key: PrefetchKey, raw: bytes | Raw) -> Part | None:
    try:
        bundle, skipped = _BUNDLE.decode(raw), False
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        entries = _readable_entries(raw)
        if entries is None:
            return None
        bundle, skipped = _Bundle(entry=entries), True
    if len(bundle.entry or ()) > MOST_ENTRIES:
        raise TooManyError
    wanted, types = key.resource_type, _types(key.resource_type)
    openings = _openings(wanted)
    found: list[bytes | Raw] = []
    medications: dict[str, bytes] = {}
    failure: Availability | None = None
    beside = False
    for entry in bundle.entry or ():
        if entry is None:
            continue
        resource = entry.resource
        kind = wanted if bytes(resource).startswith(openings) else _type_of(resource)
        if kind in types and (entry.search is None or entry.search.mode != "include"):
            found.append(resource)
        elif kind == "OperationOutcome":
            failure = failure or _failure(resource)
        elif kind == "Medication":
            shape = _shape(resource)
            if shape is not None and shape.id is not None:
                medications[f"Medication/{shape.id}"] = bytes(resource)
        elif (kind is None and bytes(resource) != b"") or kind in _CONTAINERS:
            skipped = True  # null, a string, no type, or more than one resource: what it was meant to say is not known
        else:
            beside = True
    if beside and not found:
        skipped = True  # only what was not asked for: this is hardly the answer to the search
    if failure is not None and not found:
        return Part((), failure, ask_again=True)
    next_page = next((link.url for link in bundle.link or () if link is not None and link.relation == "next"), None)
    state = Availability.COMPLETE if failure is None and not skipped else Availability.INCOMPLETE
    return Part(tuple(found), state, next_page, bundle.total, medications, ask_again=key.is_read and not found)


def _readable_entries(raw: bytes | Raw) -> list[_Entry | None] | None:
    """The entries of a malformed Bundle one by one, without those that cannot be read; None: not even a list."""
    try:
        entries = _LOOSE.decode(raw).entry
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if len(entries or ()) > MOST_ENTRIES:
        raise TooManyError
    readable: list[_Entry | None] = []
    for entry in entries or ():
        try:
            readable.append(_ENTRY.decode(entry))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
    return readable


@cache
def _types(resource_type: str) -> tuple[str, ...]:
    """The names under which a type comes, in the versions that are read."""
    return tuple(name for name in (resource_type, _ALSO.get(resource_type)) if name is not None)


@cache
def _openings(resource_type: str) -> tuple[bytes, bytes]:
    """How nearly every server begins a resource of this type, whatever else it may write."""
    return b'{"resourceType":"%b"' % resource_type.encode(), b'{"resourceType": "%b"' % resource_type.encode()


def _type_of(resource: bytes | Raw) -> str | None:
    """resourceType; nearly every server writes it first, so that the rest of the resource need not be scanned."""
    found = _TYPE.match(resource)
    if found is not None:
        return found[1].decode()
    shape = _shape(resource)
    return None if shape is None else shape.resourceType


def _failure(raw: bytes | Raw) -> Availability | None:
    """REFUSED or FAILED for an outcome of severity error or fatal; None for one that only informs."""
    try:
        issues = _OUTCOME.decode(raw).issue or []
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Availability.FAILED
    bad = [issue for issue in issues if issue.severity in _FAILURES]
    if any(issue.code in _REFUSALS for issue in bad):
        return Availability.REFUSED
    return Availability.FAILED if bad or not issues else None
