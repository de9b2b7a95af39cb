"""The folder of the example SMART app, without a browser: what is locked, where it leads, what its README says."""

import json
import re
from pathlib import Path

from cds_service.trust.clients_file import read_clients
from tests.browser.smart_app import FOLDER

FILES = [path for path in FOLDER.iterdir() if path.suffix in {".html", ".js", ".css"}]


def test_its_packages_are_locked_in_one_version_with_a_digest() -> None:
    wanted = json.loads((FOLDER / "package.json").read_text("utf-8"))["dependencies"]
    locked = json.loads((FOLDER / "package-lock.json").read_text("utf-8"))["packages"]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert all(each["integrity"].startswith("sha512-") for path, each in locked.items() if path != "")


def test_a_page_loads_nothing_from_elsewhere() -> None:
    """Addresses that are no names of FHIR systems, nor the EHR that is made up: this machine alone."""
    found = {url for path in FILES for url in re.findall(r"https?://[\w.:*-]+", path.read_text("utf-8"))}
    names = {
        "http://www.nlm.nih.gov",
        "http://snomed.info",
        "http://unitsofmeasure.org",
        "https://ehr.hospital.example",
    }
    assert found - names == {"http://127.0.0.1:8000", "http://127.0.0.1:*"}
    policies = {path.name: path.read_text("utf-8").count("default-src 'none'; script-src 'self';") for path in FILES}
    assert {name for name, count in policies.items() if count == 1} == {"index.html", "launch.html"}


def test_the_entry_for_its_backend_is_a_clients_file(tmp_path: Path) -> None:
    (entry,) = re.findall(r"```toml\n(.*?)```", (FOLDER / "README.md").read_text("utf-8"), re.DOTALL)
    file = tmp_path / "clients.toml"
    file.write_text(re.sub("^   ", "", entry, flags=re.MULTILINE), "utf-8")
    assert [client.name for client in read_clients(file)] == ["b12-app"]
