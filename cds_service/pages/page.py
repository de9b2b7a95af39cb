"""What every page has in common: the frame's values and the headers. Knows Flask; no page's content."""

from typing import Final

from flask import Response, make_response, render_template

# The one place that says what pages may load: what is named here, from this service itself. A page that gets a script
# adds "script-src 'self'", and "connect-src 'self'" if the script calls: never 'unsafe-inline', never another origin.
_MAY_LOAD: Final = (
    "default-src 'none'",
    "style-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
)
_UNUSED: Final = ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
_HEADERS: Final = {
    "Content-Security-Policy": "; ".join(_MAY_LOAD),
    "Cross-Origin-Opener-Policy": "same-origin",  # whoever opened the page holds no handle on it
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _UNUSED),
    "Referrer-Policy": "no-referrer",
}


def page(template: str, version: str, **values: object) -> Response:
    """The page as a response. version: of the knowledge, which the foot of every page names."""
    response = make_response(render_template(template, version=version, **values))
    response.headers.update(_HEADERS)
    return response
