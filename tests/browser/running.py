"""What a browser needs: the service on a port of this machine, a page of another origin, and Chromium that opens it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.loopback import on_loopback

# Debian's Chromium, as README asks for; a browser of another name is not looked for
CHROMIUM = shutil.which("chromium")
FAR = "far.test"  # a name of this machine that no browser takes for this machine
FLAGS = [
    f"--host-resolver-rules=MAP {FAR} 127.0.0.1",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
Json = dict[str, Any]

# One call of fetch: what a script can read of the answer, or that the browser keeps it away
_FETCH = """
async ([url, options, packed]) => {
  try {
    if (packed) {
      const stream = new Blob([options.body]).stream().pipeThrough(new CompressionStream("gzip"));
      options.body = await new Response(stream).arrayBuffer();
    }
    const answer = await fetch(url, options);
    return {status: answer.status, headers: Object.fromEntries(answer.headers), text: await answer.text()};
  } catch (error) {
    return {refused: String(error)};
  }
}
"""


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_: Any) -> None:
        return


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # the name that http.server looks for
        body = b"<!doctype html><title>Another origin</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


def serving(app: Flask) -> Any:
    return on_loopback(make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet))


@dataclass(frozen=True, slots=True)
class Tab:
    """A page of `origin` in a running browser."""

    page: Any
    origin: str

    def fetch(self, url: str, body: Any = None, *, packed: bool = False, **options: Any) -> Json:
        """status, headers and text as a script reads them; `refused` where the browser does not let it."""
        if body is not None:
            options = {"method": "POST", "body": body, "headers": {"Content-Type": "application/json"}} | options
        found: Json = self.page.evaluate(_FETCH, [url, options, packed])
        return found


@contextmanager
def tab() -> Iterator[Tab]:
    """Chromium with one page open; skips where there is none."""
    if CHROMIUM is None:
        pytest.skip("NO BROWSER TESTED: Chromium is not installed (apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="NO BROWSER TESTED: playwright is not installed")
    with (
        on_loopback(ThreadingHTTPServer(("127.0.0.1", 0), _Page)) as origin,
        playwright.sync_playwright() as driver,
        driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS) as browser,
    ):
        page = browser.new_page()
        page.goto(origin)
        yield Tab(page, origin)
