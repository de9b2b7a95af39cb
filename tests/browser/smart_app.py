"""The example SMART app as its README starts it: its folder and the service on ports, an EHR that launches it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pytest

from cds_service.app import create_app
from cds_service.settings import Settings
from tests.browser.npm_packages import NoPackagesError, node_modules
from tests.browser.running import serving, tab
from tests.browser.smart_ehr import LAUNCH, SmartEhr
from tests.loopback import on_loopback
from tests.signing import NOW

Json = dict[str, Any]
FOLDER: Final = Path(__file__).parents[2] / "docs" / "smart-app"
_SERVICE: Final = '"http://127.0.0.1:8000"'


@dataclass(frozen=True, slots=True)
class SmartApp:
    """The app at its origin, in a browser that has opened nothing yet."""

    browser: Any
    origin: str

    @contextmanager
    def page(self) -> Iterator[Any]:
        context = self.browser.new_context(viewport={"width": 1366, "height": 768})
        try:
            page = context.new_page()
            page.set_default_timeout(10_000)
            yield page
        finally:
            context.close()

    def launched_by(self, ehr: SmartEhr) -> str:
        """Where an EHR sends the browser to."""
        return f"{self.origin}/launch.html?iss={ehr.base}&launch={LAUNCH}"


@contextmanager
def smart_app() -> Iterator[SmartApp]:
    """With a service of its own; skips where the browser or the packages of the app cannot be had."""
    try:
        node_modules(FOLDER)
    except NoPackagesError as error:
        pytest.skip(f"EXAMPLE SMART APP NOT TESTED: {error}")
    with (
        tab() as found,
        serving(create_app(Settings(log_level="error"), clock=lambda: NOW)) as service,
        on_loopback(ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, service, directory=FOLDER))) as origin,
    ):
        yield SmartApp(found.page.context.browser, origin)


def settled(page: Any) -> None:
    """Until it says which hook was answered, or what went wrong."""
    page.locator("#status:text('At '), #error:not(:empty)").first.wait_for()


def write(page: Any, order: str) -> None:
    """An order is written; order: how the name of its button begins."""
    page.get_by_role("button", name=order).click()
    settled(page)


def calls(page: Any) -> list[Json]:
    """The bodies of the hook calls from now on."""
    found: list[Json] = []

    def note(request: Any) -> None:
        if request.method == "POST" and "/cds-services/" in request.url and not request.url.endswith("/feedback"):
            found.append(json.loads(request.post_data))

    page.on("request", note)
    return found


class _Files(SimpleHTTPRequestHandler):
    """The folder, with the settings as a site whose service is elsewhere would write them."""

    def __init__(self, service: str, *given: Any, **named: Any) -> None:
        self._service = service
        super().__init__(*given, **named)

    def do_GET(self) -> None:
        if self.path != "/settings.js":
            super().do_GET()
            return
        settings = (FOLDER / "settings.js").read_text("utf-8")
        assert settings.count(_SERVICE) == 1
        body = settings.replace(_SERVICE, f'"{self._service}"').encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return
