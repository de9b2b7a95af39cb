"""One resource in disguise. Knows JSON text; which elements there are is in elements.py."""

from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import Raw

from fhir_mappings.disguise.elements import ELEMENTS
from fhir_mappings.disguise.kinds import Json, disguised
from fhir_mappings.disguise.person import Disguise
from fhir_mappings.parse import withheld
from fhir_mappings.repeated_keys import repeats_a_key

_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
# As readers look for it
_WITHHELD: Final = {"meta": {"tag": [{"code": "SUBSETTED"}]}}
_TWICE: Final = b',"language":"-","language":"-"}'


def in_disguise(raw: bytes | Raw, wanted: str, disguise: Disguise) -> Raw:
    """The resource as it may be recorded, written anew. wanted: the type that it was asked for as.

    What readers refuse is written so that they refuse it again: one that says a thing twice says one twice, one from
    which something was held back says so, one that cannot be decoded at all is one whose elements have no sound shape.
    """
    try:
        sent = _DECODER.decode(raw)
    except (ValueError, ArithmeticError, RecursionError):
        sent = None
    if not isinstance(sent, dict):
        return Raw(_ENCODER.encode({"resourceType": wanted, "code": 0, "status": 0, "gender": 0}))
    written = _ENCODER.encode(kept_of(sent, wanted, disguise) | (_WITHHELD if withheld(raw) else {}))
    return Raw(written[:-1] + _TWICE if repeats_a_key(raw) else written)


def kept_of(sent: Json, wanted: str, disguise: Disguise) -> Json:
    """What may be recorded of a resource that has been decoded."""
    kind: Any = sent.get("resourceType")
    elements = ELEMENTS.get(kind) if isinstance(kind, str) else None
    kept: Json = disguised(sent, elements or ELEMENTS[wanted], disguise)
    return kept
