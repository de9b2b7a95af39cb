"""Raw JSON entries to records, cheaply: first a probe of type, code and subject, then all of what matters.

Most of what a server sends matters to no rule. The probe decodes five short elements and skips the rest in C; whether
a code matters is one look-up in a bounded cache. An entry that cannot be decoded is UnreadableError, without the
library's message: it quotes the patient's values.
"""

from collections.abc import Callable
from functools import cache, lru_cache
from typing import TypeVar, Union, cast

import msgspec
from msgspec import UNSET, Raw, UnsetType

from fhir_mappings import codes, records
from fhir_mappings.primitives import reference
from fhir_mappings.records import Record
from fhir_mappings.repeated_keys import repeats_a_key

R = TypeVar("R", bound=Record)


class ProbeCoding(Record):
    system: str | None = None
    code: str | None = None


class ProbeCode(Record):
    coding: list[ProbeCoding] | ProbeCoding | None = None


class ProbeComponent(Record):
    code: ProbeCode | None = None


class Probe(Record):
    """What is read of every entry. All but the first two are Observation's."""

    resource_type: str | None = None
    code: ProbeCode | None = None
    component: list[ProbeComponent] | ProbeComponent | None = None
    contained: Raw | UnsetType = UNSET
    part_of: Raw | UnsetType = UNSET
    value_quantity: Raw | UnsetType = UNSET


_PROBE = msgspec.json.Decoder(Probe)
_DECODERS: dict[type[Record], msgspec.json.Decoder[Record]] = {}


def probe(raw: bytes | Raw) -> Probe | None:
    """Type and codes of one entry, or None when not even these can be read."""
    try:
        return _PROBE.decode(raw)
    except msgspec.MsgspecError:
        return None


class UnreadableError(Exception):
    """An entry that matters cannot be read: what it says is unknown, and so is its kind. Carries no text on purpose."""


def decode(raw: bytes | Raw, record: type[R]) -> R:
    """The whole record. Raises UnreadableError when an element that a rule reads has the wrong shape."""
    decoder = _DECODERS.get(record)
    if decoder is None:
        decoder = _DECODERS[record] = msgspec.json.Decoder(record)
    try:
        return cast("R", decoder.decode(raw))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise UnreadableError from None


def decode_list(raw: bytes | Raw, record: type[R]) -> list[R] | None:
    """A list of records, one record that came without its list, or None."""
    try:
        return list(records.several(_list_decoder(record).decode(raw)))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


@cache
def _list_decoder(record: type[R]) -> msgspec.json.Decoder[list[R] | R | None]:
    return msgspec.json.Decoder(Union[list[record], record, None])  # type: ignore[valid-type]  # noqa: UP007


def matters(probed: Probe, is_known: Callable[[str | None, str | None], bool]) -> bool:
    """Does any code of the entry or of its components satisfy `is_known`? Contained entries are looked at later."""
    code = probed.code
    if code is not None:
        coding = code.coding
        if type(coding) is list:
            for each in coding:
                if is_known(each.system, each.code):
                    return True
        elif coding is not None and is_known(coding.system, coding.code):  # type: ignore[union-attr]
            return True
    if probed.component is not None:
        for component in records.several(probed.component):
            if component.code is not None:
                for each in records.several(component.code.coding):
                    if is_known(each.system, each.code):
                        return True
    return False


@lru_cache(maxsize=65536)
def observation_matters(system: str | None, code: str | None) -> bool:
    """Is this a laboratory code, a finding, or the pregnancy status?"""
    if not code:
        return False
    uri = system or ""
    return codes.lab(uri, code) is not None or bool(codes.concepts(uri, code)) or codes.is_pregnancy_status(uri, code)


@lru_cache(maxsize=65536)
def concept_matters(system: str | None, code: str | None) -> bool:
    """Does any rule ask for this diagnosis or operation?"""
    return code is not None and bool(codes.concepts(system or "", code))


@lru_cache(maxsize=16384)
def allergen_matters(system: str | None, code: str | None) -> bool:
    """Does any rule ask for an allergy to this?"""
    return code is not None and codes.allergen(system or "", code) is not None


def has_codes(probed: Probe) -> bool:
    """Was at least one code sent, so that the entry can be told apart from one known by its words?"""
    return probed.code is not None and any(each.code for each in records.several(probed.code.coding))


def withheld(raw: bytes | Raw) -> bool:
    """Was a part of the resource held back: tagged SUBSETTED, or an element masked?

    The bytes are searched, not the elements: a masked element anywhere makes the fact unknown. Too wide, on purpose:
    a masked `status` or `verificationStatus` would otherwise read as an ordinary one.
    """
    sent = bytes(raw)
    return b'"SUBSETTED"' in sent or b'"masked"' in sent


def in_doubt(raw: bytes | Raw) -> bool:
    """Was a part held back, or is anything said twice? Then what was read of it may be the wrong half."""
    return withheld(raw) or repeats_a_key(raw)


def refuse_in_doubt(raw: bytes | Raw) -> None:
    """Raise UnreadableError for such a resource."""
    if in_doubt(raw):
        raise UnreadableError


class Subjects:
    """Which references mean the patient of the request. Everything about somebody else is dropped, and counted."""

    def __init__(self, patient_id: str) -> None:
        self.patient_id = bare_id(patient_id)
        self._known = {f"Patient/{self.patient_id}": True}

    def is_patient(self, about: records.Reference | None) -> bool:
        """True only for a reference that names the context patient; a missing one proves nothing."""
        text = None if about is None else about.reference
        if text is None:
            return False
        known = self._known.get(text)
        if known is None:
            found = reference(text)
            known = found is not None and found[0] in ("Patient", "") and found[1] == self.patient_id
            if len(self._known) < 64:
                self._known[text] = known
        return known


def bare_id(patient_id: str) -> str:
    """`Patient/x` and `x` are both sent as the context's patient id."""
    return patient_id.strip().rpartition("/")[2]
