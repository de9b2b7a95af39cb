"""HTTP in and out of feedback. Knows the address and the answers; how an item is read and kept is known elsewhere."""

import logging
from typing import Final

import msgspec
from flask import Blueprint, Response, request

from cds_service.audit import Trail
from cds_service.decide import Means
from cds_service.hooks.body import JSON, read_body
from cds_service.hooks.edge import TRAIL
from cds_service.hooks.feedback import read_feedback
from cds_service.hooks.problems import Fault, Problem, answer
from cds_service.hooks.services import SERVICE_BY_ID
from cds_service.records.away import DatabaseAwayError
from cds_service.records.database import Database
from cds_service.records.feedback import store
from cds_service.settings import Settings
from cds_service.trust.door import Door
from cds_service.waiting import Aside

_log = logging.getLogger("cds_service.feedback")
_RETRY_SECONDS: Final = 5


def feedback_routes(settings: Settings, door: Door[Means], database: Database, aside: Aside) -> Blueprint:
    """POST /cds-services/{id}/feedback: 200 only when the whole batch is on the disk. 503 where it cannot be."""
    routes = Blueprint("feedback", __name__)

    @routes.post("/cds-services/<service_id>/feedback")
    def feedback(service_id: str) -> Response:
        environ = request.environ
        service = SERVICE_BY_ID.get(service_id)
        if service is None:
            raise Problem(Fault.UNKNOWN_SERVICE)
        trail: Trail = environ[TRAIL]
        trail.service = service.id
        address = f"/cds-services/{service.id}"
        means = door.admit(environ, f"{address}/feedback", address)
        body = read_body(environ, settings.max_body)
        items = read_feedback(body, keep_comments=means.client.store_comments)
        trail.feedback = len(items)
        with aside():
            store(database, items, service=service.id, client=means.client.name, now=means.clock())
        return Response(msgspec.json.encode({"received": len(items)}), content_type=JSON)

    @routes.app_errorhandler(DatabaseAwayError)
    def away(error: DatabaseAwayError) -> Response:
        """On every route that asks it; nothing was stored, and the same may be sent again."""
        _log.warning("the database does not answer: %s", error)
        return answer(Problem(Fault.DATABASE_AWAY, retry_after=_RETRY_SECONDS))

    return routes
