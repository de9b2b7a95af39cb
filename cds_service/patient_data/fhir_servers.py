"""Which FHIR server a hook call may ask: the operator's list against what the client named. Knows URLs, no resource."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from cds_service.hooks.request import HookRequest
from cds_service.outbound.addresses import is_network, networks_in
from cds_service.outbound.names import Names, Reach
from cds_service.outbound.session import new_session, transport_for
from cds_service.outbound.urls import is_under
from cds_service.patient_data.fhir_client import Allowance, Bearer, FhirClient, Why
from cds_service.settings import Settings
from cds_service.waiting import Share, Waits

_log = logging.getLogger("cds_service.fhir_servers")
_SHARE_FOR_READS: Final = 0.95
_ANSWERS_IN_A_CALL: Final = 4  # all answers of one hook call together may be as large as so many of the largest one


def _nobody(_outcome: str, _seconds: float, _kind: str) -> None:
    """Who does not measure."""


@dataclass(slots=True)
class _Server:
    """One allowed base with the proxies and certificates that the environment names for it."""

    base: str
    place: int
    owner: str
    transport: dict[str, Any] = field(init=False)
    warned: bool = False

    def __post_init__(self) -> None:
        self.transport = transport_for(self.base)

    def warn(self) -> None:
        """Tell the operator once of a name that leads where it may not; each call that it spoils has its own line."""
        if not self.warned:
            self.warned = True
            _log.warning(
                "FHIR server %d in the list of %s: its name leads to an address that fhir_servers does not name",
                self.place,
                self.owner,
            )


class FhirServers:
    """The list of one client, made once at start-up. waits: of the process. owner: the client's name, for the log."""

    def __init__(self, settings: Settings, names: Names, waits: Waits, owner: str = "all callers") -> None:
        entries = settings.fhir_servers
        self._settings = settings
        self._share = Share(waits)
        self._session = new_session(Reach(names, networks_in(entries)))
        bases = [entry for entry in entries if not is_network(entry)]
        self._servers = tuple(_Server(base, place, owner) for place, base in enumerate(bases, 1))

    def close(self) -> None:
        """Close the connections that are kept."""
        self._session.close()

    def open(
        self, request: HookRequest, tell: Callable[[Why], None], took: Callable[[str, float, str], None] = _nobody
    ) -> FhirClient | None:
        """The client for one hook call, its deadline starting now; None where no call may be made.

        tell: is told why, here and for each read that comes to nothing. took: how each request ended, its seconds, and
        the type of resource that it asked for.
        """
        if request.fhir_server is None or request.token_problem is not None:
            return None
        server = self._listed(request.fhir_server)
        if server is None:
            tell(Why.NOT_LISTED)
            return None
        if request.access_token is None and not self._settings.allow_open_fhir:
            tell(Why.NO_ACCESS)
            return None

        def heard(why: Why) -> None:
            if why is Why.UNNAMED:
                server.warn()
            tell(why)

        now, budget = time.monotonic(), self._settings.deadline_ms / 1000
        return FhirClient(
            base=request.fhir_server,
            share=self._share,
            deadline=now + _SHARE_FOR_READS * budget,
            ends=now + budget,
            _session=self._session,
            _transport=server.transport,
            _auth=Bearer(request.access_token),
            _tell=heard,
            _took=took,
            _limit=self._settings.max_body,
            _allowance=Allowance(_ANSWERS_IN_A_CALL * self._settings.max_body),
        )

    def _listed(self, base: str) -> _Server | None:
        if "?" in base:
            return None
        return next((server for server in self._servers if is_under(base, server.base)), None)
