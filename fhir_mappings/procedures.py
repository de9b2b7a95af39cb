"""Procedure resources, and Conditions that state an earlier operation, as Operations. Knows Procedure's elements."""

from datetime import date

from cds_service.clinical.conditions import Concept
from cds_service.clinical.snapshot import Diagnosis, Operation
from fhir_mappings.coded import concepts_of, text_of
from fhir_mappings.parse import UnreadableError
from fhir_mappings.primitives import day
from fhir_mappings.records import ProcedureRecord

_C = Concept
_STATED_BY_CONDITIONS = frozenset(
    {
        _C.GASTRECTOMY, _C.TOTAL_GASTRECTOMY, _C.ILEAL_RESECTION, _C.HEMICOLECTOMY, _C.ILEAL_BYPASS,
        _C.GASTRIC_BYPASS, _C.BILIOPANCREATIC_DIVERSION, _C.SLEEVE_GASTRECTOMY, _C.BARIATRIC_SURGERY,
    }
)  # fmt: skip
_ILEAL = frozenset({_C.ILEAL_RESECTION, _C.HEMICOLECTOMY})
_STATUSES = frozenset(
    {"preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "entered-in-error", "unknown",
     "suspended", "aborted"}
)  # fmt: skip


def operation_of(record: ProcedureRecord, today: date) -> Operation | None:
    """One completed operation or administration; None: not done, not finished, or dated after today.

    Raises UnreadableError for a status outside FHIR's list: it may have been done.
    """
    if record.status not in _STATUSES:
        raise UnreadableError
    if record.status != "completed" or record.not_done or record.not_performed:
        return None  # STU3 and DSTU2 say apart from the status that it was not done
    period = record.performed_period or record.occurrence_period
    when = record.performed_date_time or record.occurrence_date_time
    if when is None and period is not None:
        when = period.start or period.end
    on = day(when)
    if on is not None and on > today:
        return None
    return Operation(
        concepts=concepts_of(record.code),
        text=text_of(record.code),
        reference=f"Procedure/{record.id or ''}",
        day=on,
    )


def operation_stated_by(diagnosis: Diagnosis) -> Operation | None:
    """The operation behind a status Condition such as Z98.84. Its day is the onset; a recording date is not one."""
    stated = diagnosis.concepts & _STATED_BY_CONDITIONS
    if not stated or not diagnosis.current:
        return None
    return Operation(concepts=stated, text=diagnosis.text, reference=diagnosis.reference, day=diagnosis.onset)


def removes_ileum(operation: Operation) -> bool:
    """May an Observation that is part of this operation give the length of ileum resected?"""
    return bool(operation.concepts & _ILEAL)
