"""The example SMART app against a FHIR server that is not ours and asks for no token: ../shared/fhir-server."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.browser.smart_app import SmartApp, calls, settled, smart_app, write

pytestmark = pytest.mark.long
SHARED = Path(os.environ.get("FHIR_SERVER", "/work/shared/fhir-server"))
# Patients of ../shared/patients: diabetes, warfarin and an eGFR of 40.9; a deficiency that nobody treats
RENAL, DEFICIENT = "b2eeab29-a67d-4941-8540-6372911cfc17", "smart-1642068"
SECONDS = 90


@pytest.fixture(scope="module")
def app() -> Iterator[SmartApp]:
    with smart_app() as found:
        yield found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the server with its packages: the folder it lies in is not ours to write to."""
    npm = shutil.which("npm")
    if npm is None or not (SHARED / "server.mjs").is_file():
        pytest.skip(f"EXAMPLE SMART APP NOT TESTED ON A REAL FHIR SERVER: no npm, or no {SHARED} (set FHIR_SERVER)")
    folder = tmp_path_factory.mktemp("fhir-server")
    for name in ("package.json", "server.mjs"):
        (folder / name).write_bytes((SHARED / name).read_bytes())
    command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=SECONDS).returncode != 0:
        pytest.skip("EXAMPLE SMART APP NOT TESTED ON A REAL FHIR SERVER: npm install failed")
    return folder


@contextmanager
def running_fhir(folder: Path, *more: str) -> Iterator[str]:
    """Its base, once it answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["node", "server.mjs", "--port", str(port), "--load", str(SHARED.parent / "patients"), *more]
    base = f"http://127.0.0.1:{port}/fhir"
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL) as process:
        try:
            _wait_for(f"{base}/metadata", process)
            yield base
        finally:
            process.terminate()


def _wait_for(url: str, process: Any) -> None:
    end = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < end:
        with suppress(requests.RequestException):
            requests.get(url, timeout=5).raise_for_status()
            return
        time.sleep(0.2)
    pytest.fail("the FHIR server did not start")


def open_chart(page: Any, app: SmartApp, base: str, patient_id: str) -> None:
    page.goto(f"{app.origin}/launch.html?fhirServiceUrl={base}&patientId={patient_id}")
    settled(page)


def test_a_card_is_seen_applied_and_gone(app: SmartApp, server: Path) -> None:
    with running_fhir(server, "--page-size", "50") as base, app.page() as page:
        open_chart(page, app, base, DEFICIENT)
        assert page.inner_text("#patient") == "Betty N Davis, female, born 1944-06-08"
        assert page.locator("article.card h3").inner_text().startswith("Vitamin B12 deficiency is diagnosed")
        open_chart(page, app, base, RENAL)
        write(page, "Write cyanocobalamin")
        card = page.locator("article.card", has_text="Consider hydroxocobalamin instead")
        card.get_by_role("button", name="Apply Recommended.").click()
        settled(page)
        assert card.count() == 0
        assert page.inner_text("#drafts li").lower().startswith("hydroxocobalamin")
        assert page.locator("#unread li").count() == 0


def test_what_it_refuses_is_shown_and_not_sent(app: SmartApp, server: Path) -> None:
    with running_fhir(server, "--fail", "Condition=403") as base, app.page() as page:
        fired = calls(page)
        open_chart(page, app, base, DEFICIENT)
        assert page.inner_text("#unread") == "Not read, and so not sent: conditions (the FHIR server answered 403)."
        write(page, "Write folic acid")
        assert "conditions" not in fired[1]["prefetch"]
        assert "Condition: not supplied" in page.inner_text("#cards")
