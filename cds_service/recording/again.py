"""A recorded request decided again. Knows the service's own `decide`; nobody is asked for anything."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

from cds_service.audit import Trail
from cds_service.decide import Means, decide
from cds_service.hooks.services import SERVICE_BY_ID
from cds_service.knowledge.tables import Library
from cds_service.knowledge.wording import Wording
from cds_service.outbound.names import Names
from cds_service.patient_data.fhir_servers import FhirServers
from cds_service.recording.outcome import outcome, with_words
from cds_service.settings import Settings
from cds_service.waiting import Waits
from fhir_mappings.disguise.person import day_of

Again = Callable[[str, bytes, date, Library], dict[str, Any]]
_BASE = "https://replay.invalid"


def decider(wording: Wording) -> Again:
    """again(service id, request, day, library): the outcome. Problem, as decide; KeyError for no service of ours."""
    servers, pool = FhirServers(Settings(), Names(), Waits()), ThreadPoolExecutor(1)

    def again(service: str, request: bytes, today: date, library: Library) -> dict[str, Any]:
        means = Means(library, wording, servers, pool, lambda: day_of(today))
        decided = decide(SERVICE_BY_ID[service], request, _BASE, means, Trail(request_id=""))
        told = outcome(decided.decision, library, wording)
        return with_words(told, decided.answer["cards"], library.knowledge.version)

    return again
