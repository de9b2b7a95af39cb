"""What machines ask of the process: alive, ready, its counts. Knows which of what it rests on calls can do without, and
nothing more of what that is."""

from collections.abc import Callable

from flask import Blueprint, Response, request

from cds_service.audit import Trail
from cds_service.hooks.body import JSON
from cds_service.hooks.edge import ASKED_BY_MACHINES, TRAIL
from cds_service.hooks.peers import asks_from_inside
from cds_service.hooks.problems import Fault, Problem


def health_routes(database: Callable[[], None], *checks: Callable[[], None]) -> Blueprint:
    """GET /healthz and /readyz. database, checks: each raises where something does not answer, and with that ends in
    503. /readyz?exclude=database asks what calls need: advice goes on without the database."""
    routes = Blueprint("health", __name__)
    routes.before_request(_at_its_address)

    @routes.get("/healthz")
    def alive() -> Response:
        return Response(b'{"status":"alive"}', content_type=JSON)

    @routes.get("/readyz")
    def ready() -> Response:
        # The knowledge is loaded before the first request is taken, or the start has stopped
        excluded = request.args.getlist("exclude") == ["database"]
        for check in checks if excluded else (database, *checks):
            check()
        return Response(b'{"status":"ready"}', content_type=JSON)

    return routes


def metrics_route(text: Callable[[], bytes]) -> Blueprint:
    """GET /metrics, for who asks from inside; others are told that there is nothing. text: all counts, as Prometheus
    reads them."""
    routes = Blueprint("metrics", __name__)
    routes.before_request(_at_its_address)

    @routes.get("/metrics")
    def counts() -> Response:
        if not asks_from_inside(request.environ):
            trail: Trail = request.environ[TRAIL]
            trail.note = "the counts are not for who asks from outside"
            raise Problem(Fault.NO_PAGE)
        return Response(text(), content_type="text/plain; version=0.0.4; charset=utf-8")

    return routes


def _at_its_address() -> None:
    """A slash too many is there for clients, who sign what they call. Here it would be a way past the threads that
    probes have, and past what a proxy keeps to itself."""
    if request.environ["PATH_INFO"] not in ASKED_BY_MACHINES:
        raise Problem(Fault.NO_PAGE)
