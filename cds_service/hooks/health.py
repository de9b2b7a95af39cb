"""What machines ask of the process: alive, ready, its counts. Knows that all it rests on must answer, and nothing of
what that is."""

from collections.abc import Callable

from flask import Blueprint, Response

from cds_service.hooks.body import JSON


def health_routes(*checks: Callable[[], None]) -> Blueprint:
    """GET /healthz and /readyz. checks: each raises where something does not answer, and with that ends in 503."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def alive() -> Response:
        return Response(b'{"status":"alive"}', content_type=JSON)

    @routes.get("/readyz")
    def ready() -> Response:
        # The knowledge is loaded before the first request is taken, or the start has stopped
        for check in checks:
            check()
        return Response(b'{"status":"ready"}', content_type=JSON)

    return routes


def metrics_route(text: Callable[[], bytes]) -> Blueprint:
    """GET /metrics. text: all counts, as Prometheus reads them."""
    routes = Blueprint("metrics", __name__)

    @routes.get("/metrics")
    def counts() -> Response:
        return Response(text(), content_type="text/plain; version=0.0.4; charset=utf-8")

    return routes
