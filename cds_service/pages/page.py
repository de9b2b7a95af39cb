"""What every page has in common: the frame's values and the headers. Knows Flask; no page's content."""

from typing import Final

from flask import Response, make_response, render_template

_POLICY: Final = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def page(template: str, version: str, **values: object) -> Response:
    """The page as a response. version: of the knowledge, which the foot of every page names."""
    response = make_response(render_template(template, version=version, **values))
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
