"""Observation entries to results, gaps and findings: the one place that sees hundreds of entries and wants few.

Knows where Observations hide (components, contained members) and what a bad one makes unknown.
"""

from collections.abc import Container
from datetime import date
from typing import Protocol

import msgspec
from msgspec import UNSET, Raw

from cds_service.clinical.concepts import ResourceKind
from cds_service.clinical.snapshot import Finding
from fhir_mappings.findings import findings_of
from fhir_mappings.labs import Reading, is_final, lab_code, results_of, taken_of, unreadable_of
from fhir_mappings.parse import Probe, UnreadableError, decode, in_doubt, matters, observation_matters, probe, withheld
from fhir_mappings.records import Coded, ObservationRecord, Record, Reference, several


class _Part(Record):
    code: Coded | None = None


class _Worded(_Part):
    """The words of an Observation and its components."""

    component: list[_Part] | _Part | None = None


_WORDS = msgspec.json.Decoder(_Worded)


class Receiver(Protocol):
    """What the observations need of the whole: whose an entry is, was it read before, and what became unreadable."""

    unreadable: set[ResourceKind]

    def belongs(self, about: Reference | None, kind: ResourceKind) -> bool: ...
    def is_new(self, resource_type: str, identity: str | None) -> bool: ...


class Observations:
    """Reads Observations of any kind; `readings` and `findings` are what came of it."""

    def __init__(self, today: date, receiver: Receiver, ileal_operations: Container[str]) -> None:
        self.readings: list[Reading] = []
        self.findings: list[Finding] = []
        self._today = today
        self._receiver = receiver
        self._ileal = ileal_operations
        self._versions = False

    def read(self, entries: tuple[bytes | Raw, ...], kind: ResourceKind) -> None:
        """Read all entries that came under one key. Irrelevant ones cost one short decode and a cached look-up."""
        for raw in entries:
            probed = probe(raw)
            if probed is None:
                self._receiver.unreadable.add(kind)
            elif matters(probed, observation_matters):
                if probed.resource_type == "Observation":
                    self._read_one(raw, probed, kind)
            elif kind is ResourceKind.FINDINGS or probed.part_of is not UNSET or probed.contained is not UNSET:
                self._look_closer(raw, probed, kind)
        if self._versions:
            self.readings = list(dict.fromkeys(self.readings))
            self.findings = list(dict.fromkeys(self.findings))

    def _look_closer(self, raw: bytes | Raw, probed: Probe, kind: ResourceKind) -> None:
        """No known code: a length of ileum is known by its words or its operation, nitrous oxide by its words, a panel
        by what it contains."""
        if probed.resource_type != "Observation":
            return
        if probed.code is None and withheld(raw):
            self._receiver.unreadable.add(kind)  # its very code is masked: it may be anything
        elif (
            probed.part_of is not UNSET
            or probed.contained is not UNSET
            or b"nitrous" in bytes(raw).lower()
            or ((probed.value_quantity is not UNSET or probed.component is not None) and _names_ileum(raw))
        ):
            self._read_one(raw, probed, kind)

    def _read_one(self, raw: bytes | Raw, probed: Probe, kind: ResourceKind) -> None:
        try:
            record = decode(raw, ObservationRecord)
        except UnreadableError:
            self._name_gap(probed, kind)
            return
        if not self._receiver.belongs(record.subject, kind) or not self._is_new(record.id, raw):
            return
        reference = f"Observation/{record.id or ''}"
        if in_doubt(raw):
            self._name_gap(probed, kind, reference)
            return
        self._take(record, reference, record, kind)
        for member in record.contained or ():
            self._member(member, record, reference, kind)

    def _is_new(self, identity: str | None, raw: bytes | Raw) -> bool:
        """Has this not been read yet? Of one id with two contents nobody can say which is the later: both count, and
        which of them came first decides nothing."""
        if identity is None:
            return True
        known = not self._receiver.is_new("Observation", identity)
        new = self._receiver.is_new("Observation", f"{identity} {hash(bytes(raw))}")
        self._versions |= known and new
        return new

    def _member(self, raw: Raw, panel: ObservationRecord, reference: str, kind: ResourceKind) -> None:
        """A contained Observation of a panel. Its subject and its date are the panel's unless it has its own."""
        probed = probe(raw)
        if probed is None or probed.resource_type != "Observation" or not matters(probed, observation_matters):
            return
        try:
            record = decode(raw, ObservationRecord)
        except UnreadableError:
            self._name_gap(probed, kind, reference)
            return
        if record.subject is None or self._receiver.belongs(record.subject, kind):
            self._take(record, reference, panel, kind)

    def _take(self, record: ObservationRecord, reference: str, panel: ObservationRecord, kind: ResourceKind) -> None:
        taken = taken_of(record) if _is_dated(record) else taken_of(panel)
        on = None if taken is None else taken.date()
        final = is_final(record.status)
        if final is False or (on is not None and on > self._today):
            return
        lab = lab_code(record.code)
        self.readings += results_of(record, lab, reference, taken, final=final)
        if lab is not None and record.component is None and record.part_of is None:
            return  # a plain laboratory value is no finding
        try:
            found = findings_of(record, reference, on, self._ileal)
        except UnreadableError:
            self._receiver.unreadable.add(kind)
            return
        if found and final is None:
            self._receiver.unreadable.add(kind)  # no status that FHIR knows: it may have been an error
        else:
            self.findings += found

    def _name_gap(self, probed: Probe, kind: ResourceKind, reference: str = "Observation/") -> None:
        """A result becomes a named gap of its analyte; for a finding the whole kind is no longer known."""
        codings = [
            (each.system, each.code)
            for code in (probed.code, *(part.code for part in several(probed.component)))
            if code is not None
            for each in several(code.coding)
        ]
        gaps = unreadable_of(codings, reference)
        self.readings += gaps
        if not gaps:
            self._receiver.unreadable.add(kind)


def _names_ileum(raw: bytes | Raw) -> bool:
    """A first, wide look at the words; findings.py decides. Words that cannot be decoded name nothing."""
    text = bytes(raw).lower()
    if b"ile" not in text and b"\\u" not in text:
        return False  # the letters stand nowhere in it, not even escaped
    try:
        worded = _WORDS.decode(raw)
    except msgspec.MsgspecError:
        return False
    for part in (worded, *several(worded.component)):
        if part.code is None:
            continue
        if part.code.text is not None and "ile" in part.code.text.lower():
            return True
        for coding in several(part.code.coding):
            if coding.display is not None and "ile" in coding.display.lower():
                return True
    return False


def _is_dated(record: ObservationRecord) -> bool:
    return (
        record.effective_date_time is not None
        or record.effective_instant is not None
        or record.effective_period is not None
        or record.issued is not None
    )
