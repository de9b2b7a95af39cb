"""What becomes of the value of an element: of a date, a number, a code, words. Knows data types of FHIR; no resource.

A value of another kind than its element has (a word where a number belongs) is replaced by an empty one of its kind, so
that it is as unreadable as it was.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from fhir_mappings.disguise import codes, words
from fhir_mappings.disguise.person import NOT_SAID, OTHER_TYPE, TYPES, Disguise, few_digits, number_in
from fhir_mappings.drafts import NEUROLOGICAL_STATUS

Json = dict[str, Any]
Kind = Callable[[Any, Disguise], Any]
Spec = Kind | Mapping[str, "Spec"]


def disguised(value: Any, spec: Spec, disguise: Disguise) -> Any:
    """A value as its element may be written. A list is one of such values, as in FHIR and where it should be none."""
    if isinstance(value, list):
        return [disguised(each, spec, disguise) for each in value]
    if not isinstance(spec, Mapping):
        return None if value is None else spec(value, disguise)
    if not isinstance(value, dict):
        return empty(value)
    return {name: disguised(value[name], inner, disguise) for name, inner in spec.items() if name in value}


def empty(value: Any) -> Any:
    """A value of the same kind of JSON that says nothing."""
    match value:
        case str():
            return NOT_SAID if value.strip() else value[:1]
        case bool() | None:
            return value
        case dict():
            return {}
        case list():
            return []
        case _:
            return 0


def _text(of: Callable[[str, Disguise], str]) -> Kind:
    def kind(value: Any, disguise: Disguise) -> Any:
        return of(value, disguise) if isinstance(value, str) and value.strip() else empty(value)

    return kind


def number(value: Any, _disguise: Disguise) -> Any:
    if isinstance(value, str):
        return number_in(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return empty(value)
    few = few_digits(Decimal(value))
    return int(few) if isinstance(value, int) and abs(few.adjusted()) < 18 else few


def presence(value: Any, _disguise: Disguise) -> Any:
    """There is something, or a truth value says so; what it is, nobody reads."""
    return empty(value)


when: Final = _text(lambda text, disguise: disguise.when(text))
taken: Final = _text(lambda text, disguise: disguise.taken(text))
birth: Final = _text(lambda text, disguise: disguise.born(text))
identity: Final = _text(lambda text, disguise: disguise.id(text))
pointer: Final = _text(lambda text, disguise: disguise.reference(text))
word: Final = _text(lambda text, _: codes.code_word(text))
unit: Final = _text(lambda text, _: codes.unit(text))
an_hour: Final = _text(lambda _text, _: "08:00:00")
resource_type: Final = _text(lambda text, _: text if text in TYPES else OTHER_TYPE)
own_url: Final = _text(lambda text, _: text if text == NEUROLOGICAL_STATUS else NOT_SAID)


def said(by: words.Words) -> Kind:
    return _text(lambda text, _: by(text))


def coding(by: words.Words) -> Kind:
    """by: who reads the display."""

    def kind(value: Any, disguise: Disguise) -> Any:
        if not isinstance(value, dict):
            return empty(value)
        found = {name: empty(value[name]) for name in ("system", "code") if value.get(name) is not None}
        code, system = value.get("code"), value.get("system")
        if isinstance(code, str) and code.strip() and isinstance(system, str | None):
            found.pop("system", None)
            of, code = codes.coding(system, code)
            found |= {"code": code} | ({"system": of} if of else {})
        if value.get("display") is not None:
            found["display"] = said(by)(value["display"], disguise)
        return found

    return kind


def coded(by: words.Words = words.nothing) -> Spec:
    """A CodeableConcept; where FHIR once had a bare code, that. by: who reads its words."""
    inner: Spec = {"coding": coding(by), "text": said(by)}

    def kind(value: Any, disguise: Disguise) -> Any:
        return word(value, disguise) if isinstance(value, str) else disguised(value, inner, disguise)

    return kind


def either(by: words.Words, shown: words.Words) -> Spec:
    """R5's concept, reference or both. shown: who reads the display of the reference."""
    reference: Spec = {"reference": pointer, "display": said(shown)}

    def kind(value: Any, disguise: Disguise) -> Any:
        if not isinstance(value, dict):
            return empty(value)
        told = value.get("reference")
        inner: Spec = {
            "concept": coded(by),
            "coding": coding(by),
            "text": said(by),
            "display": said(shown),
            "reference": pointer if isinstance(told, str) else reference,
        }
        return disguised(value, inner, disguise)

    return kind


def about(value: Any, disguise: Disguise) -> Any:
    """Whose it is: a reference, or one that came without its object."""
    return pointer(value, disguise) if isinstance(value, str) else disguised(value, {"reference": pointer}, disguise)
