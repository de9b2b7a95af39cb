"""THE TABLE OF CONTENTS: one request in six steps. Knows the order of the steps, and none of their details."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, NamedTuple

from cds_service.audit import Trail
from cds_service.clinical.chart_scope import nothing_told
from cds_service.clinical.concepts import ResourceKind
from cds_service.clinical.evaluate import evaluate, evaluate_chart
from cds_service.clinical.orders import MedicationOrder
from cds_service.clinical.outcomes import CannotTell, Decision
from cds_service.clinical.snapshot import Availability
from cds_service.hooks.cards import render, response
from cds_service.hooks.clients import ANYBODY, Client
from cds_service.hooks.problems import Fault, Problem
from cds_service.hooks.rendering import Rendering
from cds_service.hooks.request import HookRequest, read_request
from cds_service.hooks.services import Service
from cds_service.knowledge.tables import Library
from cds_service.knowledge.wording import Wording
from cds_service.patient_data.fhir_client import FhirClient, Why
from cds_service.patient_data.fhir_servers import FhirServers
from cds_service.patient_data.gather import Gathered, gather
from cds_service.patient_data.reads import read_all
from fhir_mappings.chart_scope import chart_matters
from fhir_mappings.drafts import (
    MOST_IN_SCOPE,
    any_in_scope,
    count_foreign,
    foreign_in_scope,
    read_drafts,
    too_many,
    unread_medications,
)
from fhir_mappings.ordered import already_ordered, on_order
from fhir_mappings.patient import of_another
from fhir_mappings.snapshot import Mapped, map_patient_data

# Read one by one, in the threads that all calls share
_MOST_MEDICATIONS = 200


@dataclass(frozen=True, slots=True)
class Means:
    """What every decision for one client is made with, set up once. `clock` returns the present time with its zone."""

    library: Library
    wording: Wording
    servers: FhirServers
    pool: Executor
    clock: Callable[[], datetime]
    client: Client = ANYBODY


@dataclass(frozen=True, slots=True, repr=False)
class Basis:
    """What a decision rests on, still raw, for whoever records it. gathered: with each Medication that was read for the
    record, and how far each kind can be believed now that its entries were read. of_drafts: Medications that were read
    for the drafts. today: UTC."""

    request: HookRequest
    gathered: Gathered
    of_drafts: dict[str, bytes]
    today: date


class Decided(NamedTuple):
    """The CDS Hooks response, and the decision behind it with its basis: empty where nothing had to be evaluated."""

    answer: dict[str, Any]
    decision: Decision = Decision()
    basis: Basis | None = None


def decide(service: Service, body: bytes, base_url: str, means: Means, trail: Trail) -> Decided:
    """What one call is answered with. Problem where it cannot be answered; `trail` is filled on the way."""
    # 1 parse
    request = read_request(service, body)
    profile = means.client.answered_as(request.shown)
    trail.drafts, trail.note = len(request.drafts), request.token_problem or ""
    trail.instance = request.hook_instance
    trail.dropped = count_foreign(request.drafts, request.patient_id)
    trail.step("parse")

    # 2 in scope? Looks at the drafts only: no data is demanded for an order that is none of our business
    if trail.dropped:
        _refuse_foreign(request)
    client = means.servers.open(request, trail.unread.append, trail.took)
    orders, of_drafts = _orders(request, client, means)
    if too_many(orders):
        rule = f"at most {MOST_IN_SCOPE} orders of vitamin B12 or folic acid"
        raise Problem(Fault.BAD_REQUEST, path="context.draftOrders.entry", rule=rule)
    trail.in_scope = (service.opens_chart or any_in_scope(orders)) and not request.patient_facing
    if not trail.in_scope:
        return Decided(response([], service.hook, profile))
    trail.step("scope")

    # 3 gather
    gathered = gather(request, client, means.pool)
    trail.fetched = gathered.fetched
    trail.step("gather")

    # 4 map; of a chart without anything that a rule asks about, only whose it is
    if service.opens_chart and _says_nothing(gathered):
        _refuse_another(of_another(gathered.resources[ResourceKind.PATIENT], request.patient_id))
        trail.step("map")
        return Decided(response([], service.hook, profile))
    mapped, medications = _mapped(request, gathered, client, means)
    trail.dropped += mapped.dropped
    trail.step("map")

    # 5 evaluate
    knowledge = means.library.knowledge
    requests = gathered.resources.get(ResourceKind.ORDERED, ())
    ordered = already_ordered(request.drafts) | on_order(
        requests, request.patient_id, mapped.snapshot.today, knowledge.thresholds
    )
    if service.opens_chart:
        decision = evaluate_chart(mapped.snapshot, knowledge, ordered)
    else:
        decision = evaluate(orders, mapped.snapshot, knowledge, ordered)
    trail.step("evaluate")

    # 6 render; the route responds and writes the audit line
    caller = means.client.name
    answer = render(decision, Rendering(request, orders, means.library, means.wording, base_url, caller, profile))
    trail.step("render")
    _leave(trail, decision, gathered)
    trail.cards = len(answer["cards"])
    snapshot = mapped.snapshot
    whole = replace(gathered, medications=medications, availability=dict(snapshot.availability))
    return Decided(answer, decision, Basis(request, whole, of_drafts, snapshot.today))


def _leave(trail: Trail, decision: Decision, gathered: Gathered) -> None:
    """What the log and the metrics are told of a decision."""
    trail.rules = tuple(sorted({rule for advice in decision.advice for rule in advice.trace_rules}))
    trail.topics = tuple((advice.rule.topic.value, advice.indicator.name.lower()) for advice in decision.advice)
    outcomes = [verdict.outcome for verdict in decision.verdicts]
    trail.untold = tuple(name for each in outcomes if isinstance(each, CannotTell) for name in each.missing)
    trail.gaps = {
        kind.value: told.value for kind, told in gathered.availability.items() if told is not Availability.COMPLETE
    }


def _orders(
    request: HookRequest, client: FhirClient | None, means: Means
) -> tuple[tuple[MedicationOrder, ...], dict[str, bytes]]:
    """The drafts, with the Medications on the server that they only refer to, where these may be read; and these."""
    orders = read_drafts(request.drafts, request.full_urls, request.selections, request.patient_id)
    unread = unread_medications(orders)
    if client is None or not unread:
        return orders, {}
    read = _medications(unread, client, means.pool)
    return read_drafts(request.drafts, request.full_urls, request.selections, request.patient_id, read), read


def _refuse_foreign(request: HookRequest) -> None:
    """Problem (400) for a selected order in scope that names another patient."""
    place = foreign_in_scope(request.drafts, request.full_urls, request.selections, request.patient_id)
    if place is not None:
        path = f"context.draftOrders.entry[{place}].resource.subject"
        raise Problem(Fault.FOREIGN_ORDER, path=path, rule="is the patient of context.patientId")


def _says_nothing(gathered: Gathered) -> bool:
    """A chart that was read, and holds nothing that a rule about an opened chart asks about."""
    return not nothing_told(gathered.availability) and not chart_matters(gathered.resources, gathered.medications)


def _refuse_another(another: bool) -> None:
    """Problem (412) where the Patient that came is not the patient of the call."""
    if another:
        raise Problem(Fault.WRONG_PATIENT, keys=("patient",))


def _mapped(
    request: HookRequest, gathered: Gathered, client: FhirClient | None, means: Means
) -> tuple[Mapped, dict[str, bytes]]:
    """Resources as facts. Medications that orders only refer to are read once, all together, if that is allowed; with
    all Medications that there are then."""
    today = means.clock().astimezone(UTC).date()

    def facts(medications: dict[str, bytes]) -> Mapped:
        return map_patient_data(gathered.resources, gathered.availability, request.patient_id, today, medications)

    mapped = facts(gathered.medications)
    _refuse_another(mapped.wrong_patient)
    if client is None or not mapped.unread_medications:
        return mapped, gathered.medications
    read = _medications(mapped.unread_medications, client, means.pool)
    there = gathered.medications | read
    return (facts(there) if read else mapped), there


def _medications(references: tuple[str, ...], client: FhirClient, pool: Executor) -> dict[str, bytes]:
    """The Medications that could be read in what is left of the deadline; the others stay unknown drugs."""
    wanted = tuple(dict.fromkeys(references))
    if len(wanted) > _MOST_MEDICATIONS:
        client.failure(Why.TOO_MANY_RESOURCES)
    tasks = {reference: partial(client.read, reference) for reference in wanted[:_MOST_MEDICATIONS]}
    found = read_all(tasks, client, pool)
    return {reference: text for reference, text in found.items() if not isinstance(text, Availability)}
