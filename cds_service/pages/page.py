"""What every page has in common: the frame's values and the headers. Knows Flask; no page's content."""

import gzip
from typing import Final

from flask import Response, make_response, render_template, request

from cds_service.pages.assets import asset
from cds_service.pages.navigation import for_programs, navigation

# The one place that says what pages may load: what is named here, from this service itself. Never 'unsafe-inline',
# never another origin.
_MAY_LOAD: Final = {
    "default-src": "'none'",
    "style-src": "'self'",
    "img-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}
# And what a page may do beside that if it holds such an element. Only a template can hold one: text is escaped.
_WITH: Final = {
    "<form": {"form-action": "'self'"},
    "<script": {"script-src": "'self'", "connect-src": "'self'"},
}
_UNUSED: Final = ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
_HEADERS: Final = {
    "Cross-Origin-Opener-Policy": "same-origin",  # whoever opened the page holds no handle on it
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _UNUSED),
    "Referrer-Policy": "same-origin",  # with no-referrer a form of ours would not say whose it is
}


def page(template: str, version: str, **values: object) -> Response:
    """The page as a response. version: of the knowledge, which the foot of every page names."""
    frame = {"version": version, "asset": asset, "navigation": navigation(), "machines": for_programs()}
    text = render_template(template, **frame, **values)
    response = make_response(text)
    response.headers.update(headers_for(text))
    return _packed(response)


def _packed(response: Response) -> Response:
    """A page that holds hundreds of cases becomes a sixth of its size. There is nothing secret in it, of which a size
    could tell."""
    response.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"] > 0:
        response.set_data(gzip.compress(response.get_data(), mtime=0))
        response.content_encoding = "gzip"
    return response


def headers_for(text: str) -> dict[str, str]:
    """Those of every page, with a policy as loose as the mark-up of this one needs, and no looser."""
    allowed = dict(_MAY_LOAD)
    for element, more in _WITH.items():
        if element in text:
            allowed |= more
    return _HEADERS | {"Content-Security-Policy": "; ".join(f"{name} {source}" for name, source in allowed.items())}


def asked_for_json() -> bool:
    """Of a page that is there for programs too: ?format= decides, else the Accept header."""
    wanted = request.args.get("format")
    if wanted is not None:
        return wanted == "json"
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
