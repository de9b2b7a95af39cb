"""The bill of materials: what is installed for the service alone, as CycloneDX JSON. Knows the lock and CycloneDX.

cyclonedx-py lists the environment; the hashes come from the lock, which is what pip let in. `make sbom` writes
dist/cobalamin-cds.cdx.json; so does CI.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.utils import canonicalize_name

from tests.supply_chain.lock import INDEX, ROOT, SERVICE, Pin, pins

TARGET: Final = ROOT / "dist" / "cobalamin-cds.cdx.json"
_VERSION: Final = SchemaVersion.V1_6
# Comes with every virtual environment, is used by no line of the service, and is not in the container image
_FOUND_THERE: Final = frozenset({"pip"})
# What a distribution under Apache-2.0 can live with. MPL (certifi) and LGPL (psycopg) cover their own files, which
# are used unchanged and can be replaced. Any other licence is looked at by a person first, and then added here.
ACCEPTED: Final = frozenset(
    {
        *(
            "Apache-2.0",
            "Apache-2.0 OR BSD-3-Clause",
            "Apache-2.0 AND BSD-2-Clause",
            "BSD-2-Clause",
            "BSD-3-Clause",
            "ISC",
            "MIT",
            "MIT-0",
            "PSF-2.0",
        ),
        *("LGPL-3.0-only", "MPL-2.0"),
        "License :: OSI Approved :: Apache Software License",
        "License :: OSI Approved :: BSD License",
        "License :: OSI Approved :: MIT License",
        "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)",
    }
)


def bill(python: Path) -> Bom:
    """Of the environment that a Python belongs to; each locked component with the hashes of its files."""
    command = [
        *(sys.executable, "-m", "cyclonedx_py", "environment", str(python), "--pyproject", "pyproject.toml"),
        *("--mc-type", "application", "--output-reproducible", "--of", "JSON", "--sv", _VERSION.to_version()),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: Bom = Bom.from_json(json.loads(done.stdout))  # type: ignore[attr-defined]
    locked = pins(SERVICE)
    for component in found.components:
        pin = locked.get(canonicalize_name(component.name))
        if pin is not None and pin.version == component.version:
            component.external_references.add(
                ExternalReference(
                    type=ExternalReferenceType.DISTRIBUTION,
                    url=XsUri(f"{INDEX}/{pin.name}/"),
                    comment="the files of this version that requirements.lock lets in",
                    hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in pin.hashes],
                )
            )
    return found


def as_json(found: Bom) -> str:
    return make_outputter(found, OutputFormat.JSON, _VERSION).output_as_string(indent=2)


def schema_faults(text: str) -> Iterator[str]:
    """What CycloneDX's own schema finds; takes seconds."""
    wrong = JsonStrictValidator(_VERSION).validate_str(text)
    if wrong is not None:
        yield f"not CycloneDX: {wrong}"


def faults(found: dict[str, Any], locked: dict[str, Pin]) -> Iterator[str]:
    """What is wrong with a bill against the lock, and against the licences that are accepted."""
    own = found["metadata"]["component"]
    if own["name"] != "cobalamin-cds" or own.get("version", "") == "":
        yield "the service itself is not named with its version"
    components = {canonicalize_name(each["name"]): each for each in found.get("components", ())}
    here = {name for name, pin in locked.items() if pin.requirement.marker is None or pin.requirement.marker.evaluate()}
    yield from (f"{name}: locked, and not in the bill" for name in sorted(here - components.keys()))
    yield from (f"{name}: in no lock" for name in sorted(components.keys() - here - _FOUND_THERE))
    for name in sorted(here & components.keys()):
        yield from _faults_of(components[name], locked[name])


def _faults_of(component: dict[str, Any], pin: Pin) -> Iterator[str]:
    if component.get("version") != pin.version:
        yield f"{pin.name}: another version than the lock's"
    name, _, version = component.get("purl", "").removeprefix("pkg:pypi/").rpartition("@")
    if (canonicalize_name(name), version) != (pin.name, pin.version):
        yield f"{pin.name}: no package URL"
    references = component.get("externalReferences", ())
    if {each["content"] for reference in references for each in reference.get("hashes", ())} != {*pin.hashes}:
        yield f"{pin.name}: not the hashes of the lock"
    licences = [_licence(each) for each in component.get("licenses", ())]
    if licences == [] or not ACCEPTED.issuperset(licences):
        yield f"{pin.name}: licence to be looked at: {', '.join(licences) or 'none stated'}"


def _licence(stated: dict[str, Any]) -> str:
    inner = stated.get("license", {})
    return str(stated.get("expression") or inner.get("id") or inner.get("name"))


def main(python: Path) -> int:
    """Write the bill and say what it holds. 1 where something is wrong with it."""
    text = as_json(bill(python))
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(text, "utf-8")
    wrong = [*schema_faults(text), *faults(json.loads(text), pins(SERVICE))]
    print(f"{TARGET.relative_to(ROOT)}: {len(json.loads(text)['components'])} components, CycloneDX 1.6")
    for each in wrong:
        print(f"bill of materials: {each}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
