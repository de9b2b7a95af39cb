"""Stylesheet, icon and scripts: served under a name that changes with their content. Knows Flask; no page."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, request, url_for

_FOLDER: Final = Path(__file__).parent / "static"
_FOR_EVER: Final = "public, max-age=31536000, immutable"


def assets() -> Blueprint:
    """GET /static/<name>. Kept for a year under the version that it has; under no version it is asked for again."""
    files = Blueprint("assets", __name__, static_folder=_FOLDER, static_url_path="/static")

    @files.after_request
    def keep(response: Response) -> Response:
        name = (request.view_args or {}).get("filename")
        if response.status_code in {200, 206, 304} and request.args.get("v", "") == _versions().get(str(name)):
            response.headers["Cache-Control"] = _FOR_EVER
        return response

    return files


def asset(name: str) -> str:
    """The URL of a static file as it is now: an upgrade is seen at once, whatever a browser has kept."""
    return url_for("assets.static", filename=name, v=_versions()[name])


@cache
def _versions() -> dict[str, str]:
    """Of every file there is, read once: what a request names is looked up, and never opened for it."""
    return {path.name: sha256(path.read_bytes()).hexdigest()[:12] for path in _FOLDER.iterdir()}
