"""Several reads for one hook call, all at once and under its deadline. Knows threads; not what is read."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future, wait
from typing import TypeVar

from cds_service.clinical.snapshot import Availability
from cds_service.patient_data.fhir_client import FhirClient, FhirError, Why

Found = TypeVar("Found")


def read_all(
    tasks: Mapping[str, Callable[[], Found]], client: FhirClient, pool: Executor
) -> dict[str, Found | Availability]:
    """What each task gave, by name; REFUSED or FAILED where it gave nothing, or nothing in time. Where too many calls
    wait for servers already, nothing is asked and all have FAILED."""
    with client.share.place() as given:
        if not given:
            client.failure(Why.TOO_MANY_WAIT)
            return dict.fromkeys(tasks, Availability.FAILED)
        running = {name: pool.submit(task) for name, task in tasks.items()}
        wait(running.values(), timeout=client.remaining())
    found: dict[str, Found | Availability] = {}
    for name, future in running.items():
        failure = _failure(future, client)
        found[name] = future.result() if failure is None else failure
    return found


def _failure(future: Future[Found], client: FhirClient) -> Availability | None:
    if not future.done():
        future.cancel()
        return client.failure(Why.TOO_LATE).availability
    error = future.exception()  # raised here, it and this frame would hold each other, and with them the token
    return error.availability if isinstance(error, FhirError) else None
