"""Laboratory Observations as results in canonical units, or as named gaps. Knows Observation's elements, no threshold.

A result is usable when it is final, amended or corrected, not from the future, dated, and has a number with a unit of
the right dimension (derivations 4.1). Everything else of a known analyte is an UnreadableResult that says why: a gap
must never look like "no result".
"""

import re
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from cds_service.clinical.concepts import Analyte
from cds_service.clinical.quantities import Comparator, Measured
from cds_service.clinical.snapshot import LabResult, UnreadableResult
from fhir_mappings import codes
from fhir_mappings.presence import answer_of, flag_of
from fhir_mappings.primitives import moment
from fhir_mappings.records import Coded, ObservationRecord, Quantity, ReferenceRange, Valued, several
from fhir_mappings.units import UnitUnreadable, to_canonical

_USABLE = frozenset({"final", "amended", "corrected"})
_NOT_YET = frozenset({"registered", "preliminary", "cancelled", "entered-in-error", "unknown"})
_COMPARATORS = {each.value: each for each in Comparator}
_LONGEST_NUMBER = 20

Reading = LabResult | UnreadableResult


def taken_of(record: ObservationRecord) -> datetime | None:
    """When the sample was taken. `issued` only where no effective[x] was sent.

    An effective time that cannot be read is not replaced by `issued`, which may be weeks later: an old sample would
    pass as new. A period counts from its start, for the same reason.
    """
    if record.effective_date_time is not None:
        return moment(record.effective_date_time)
    if record.effective_instant is not None:
        return moment(record.effective_instant)
    if record.effective_period is not None:
        return moment(record.effective_period.start or record.effective_period.end)
    return moment(record.issued)


def is_final(status: str | None) -> bool | None:
    """True: final, amended or corrected. False: another status of FHIR's. None: no status that FHIR knows."""
    if status in _USABLE:
        return True
    return False if status in _NOT_YET else None


def results_of(
    record: ObservationRecord, lab: codes.LabCode | None, reference: str, taken: datetime | None, *, final: bool | None
) -> list[Reading]:
    """The results of one Observation: its own value, and those of its components.

    lab and final: lab_code and is_final of the record. Of one that is not final (False) nothing is to be read.
    """
    found: list[Reading] = []
    if lab is not None and lab.usable and not _is_only_a_panel(record):
        found.append(_reading(record, lab, reference, taken, final))
    for part in several(record.component):
        lab = lab_code(part.code)
        if lab is not None and lab.usable:
            found.append(_reading(part, lab, reference, taken, final))
    return found


def unreadable_of(codings: list[tuple[str | None, str | None]], reference: str) -> list[Reading]:
    """Gaps for an entry of which only the codes could be read."""
    analytes = {lab.analyte for system, code in codings if code and (lab := _lab_at(system, code)) is not None}
    return [UnreadableResult(analyte, "entry could not be read", reference) for analyte in sorted(analytes)]


@lru_cache(maxsize=16384)
def _lab_at(system: str | None, code: str) -> codes.LabCode | None:
    return codes.lab(system or "", code)


def lab_code(code: Coded | None) -> codes.LabCode | None:
    """The first coding that is a laboratory code; a code that fixes the unit is preferred to one that does not."""
    if code is None:
        return None
    known = [lab for coding in code.codings if coding.code and (lab := _lab_at(coding.system, coding.code))]
    if len(known) < 2:
        return known[0] if known else None
    return min(known, key=lambda lab: (not lab.usable, lab.unit_required))


def _is_only_a_panel(record: ObservationRecord) -> bool:
    return record.component is not None and record.value_quantity is None and record.value_codeable_concept is None


def _reading(valued: Valued, lab: codes.LabCode, reference: str, taken: datetime | None, final: bool | None) -> Reading:
    if final is None:
        return UnreadableResult(lab.analyte, "status not understood", reference, taken and taken.date())
    if taken is None:
        return UnreadableResult(lab.analyte, "date missing or not understood", reference)
    if valued.data_absent_reason is not None:
        return UnreadableResult(lab.analyte, "the laboratory sent no value", reference, taken.date())
    try:
        if lab.analyte is Analyte.INTRINSIC_FACTOR_ANTIBODY:
            return _qualitative(valued, lab, reference, taken)
        return _quantitative(valued, lab, reference, taken)
    except UnitUnreadable as gap:
        return UnreadableResult(lab.analyte, gap.why, reference, taken.date())


def _quantitative(valued: Valued, lab: codes.LabCode, reference: str, taken: datetime) -> LabResult:
    sent = valued.value_quantity
    if sent is None or sent.value is None:
        raise UnitUnreadable("no numeric value")
    comparator = _comparator(sent)
    value = to_canonical(lab.analyte, sent.value, sent.code, sent.unit)
    if value < 0:
        raise UnitUnreadable("value below zero")
    lower, upper = _limits(valued, lab.analyte, sent)
    return LabResult(
        analyte=lab.analyte,
        measured=Measured(value, comparator),
        taken=taken,
        reference=reference,
        as_sent=as_sent(sent),
        upper_limit=upper,
        lower_limit=lower,
        method=lab.method,
        specimen=lab.specimen,
    )


def _qualitative(valued: Valued, lab: codes.LabCode, reference: str, taken: datetime) -> LabResult:
    """An antibody: the answer, else the laboratory's flag, else the number against the laboratory's own limit."""
    positive = answer_of(valued)
    sent = valued.value_quantity
    if positive is None:
        positive = flag_of(valued)
    if positive is None and sent is not None and sent.value is not None and _comparator(sent) is None:
        limits = [each.high for each in several(valued.reference_range) if each.high is not None]
        same_unit = len(limits) == 1 and limits[0].code == sent.code and limits[0].unit == sent.unit
        limit = limits[0].value if same_unit else None
        if limit is not None and limit.is_finite() and sent.value.is_finite():
            positive = sent.value > limit
    if positive is None:
        raise UnitUnreadable("neither positive nor negative")
    return LabResult(
        analyte=lab.analyte,
        measured=Measured(Decimal(1 if positive else 0)),
        taken=taken,
        reference=reference,
        as_sent=as_sent(sent) if sent is not None else ("positive" if positive else "negative"),
        positive=positive,
        specimen=lab.specimen,
    )


def _comparator(sent: Quantity) -> Comparator | None:
    """An unknown comparator (R5 has `ad`) is not dropped: the bare number would claim more than was measured."""
    if sent.comparator is None:
        return None
    comparator = _COMPARATORS.get(sent.comparator.strip())
    if comparator is None:
        raise UnitUnreadable("comparator not understood")
    return comparator


def _limits(valued: Valued, analyte: Analyte, sent: Quantity) -> tuple[Decimal | None, Decimal | None]:
    """The report's own normal range. Several that differ (by age, by sex) are no range: the page cannot choose."""
    if valued.reference_range is None:
        return None, None
    ranges = [each for each in several(valued.reference_range) if _is_normal_range(each)]
    lows = {_limit(each.low, analyte, sent) for each in ranges}
    highs = {_limit(each.high, analyte, sent) for each in ranges}
    low = lows.pop() if len(lows) == 1 else None
    high = highs.pop() if len(highs) == 1 else None
    # 0 to 0 is what some systems send for "none".
    if high is not None and (high <= 0 or (low is not None and low > high)):
        return None, None
    return low, high


def _is_normal_range(each: ReferenceRange) -> bool:
    return each.type is None or not each.type.codings or any(coding.code == "normal" for coding in each.type.codings)


def _limit(limit: Quantity | None, analyte: Analyte, sent: Quantity) -> Decimal | None:
    """A limit without a unit is in the unit of the value that it stands beside."""
    if limit is None or limit.value is None:
        return None
    bare = limit.code is None and limit.unit is None
    try:
        return to_canonical(analyte, limit.value, sent.code if bare else limit.code, sent.unit if bare else limit.unit)
    except UnitUnreadable:
        return None


# What units are written with. Anything else a client may put there (mark-up, a name) is not printed.
_PLAIN_UNIT = re.compile(r"[A-Za-z0-9/%.,{}\[\]*^_ µμ'\"-]{1,30}")


def as_sent(sent: Quantity) -> str:
    """Value and unit with the digits of the report: `1.30 mg/dL`, `<150 pg/mL`. Escape before printing."""
    if sent.value is None:
        return ""
    # An exponent in the thousands would be printed as thousands of digits.
    short = sent.value.is_finite() and abs(sent.value.adjusted()) < _LONGEST_NUMBER
    number = f"{sent.value:f}" if short else "a number out of range"
    if len(number) > _LONGEST_NUMBER and short:
        number = f"{sent.value:.6g}"
    return f"{(sent.comparator or '').strip()}{number} {_printed(sent.unit, sent.code)}".strip()


@lru_cache(maxsize=2048)
def _printed(unit: str | None, code: str | None) -> str:
    """The first of the two that may be printed."""
    return next((text for text in (unit, code) if text and _PLAIN_UNIT.fullmatch(text)), "")
