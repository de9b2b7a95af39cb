"""docker/Dockerfile agrees with the service. That the image builds and runs is shown by `python -m tests.image`."""

import fnmatch
import re

from cds_service.settings import is_loopback
from tests.manifests import FOLDER, ROOT, dockerfile, last_step, listed, paths, understood, unknown_settings


def test_the_base_is_pinned_by_its_digest_and_all_steps_start_from_it() -> None:
    arguments = [rest for instruction, rest in dockerfile() if instruction == "ARG"]
    assert [re.fullmatch(r"BASE=python:3\.11\.[0-9]+-slim-bookworm@sha256:[0-9a-f]{64}", each) for each in arguments]
    assert {rest.split()[0] for instruction, rest in dockerfile() if instruction == "FROM"} == {"${BASE}"}


def test_it_starts_the_service_as_nobody_in_particular() -> None:
    step = last_step()
    assert re.fullmatch(r"[1-9][0-9]{4}:[1-9][0-9]{4}", step["USER"])
    assert listed(step["ENTRYPOINT"]) == ["cobalamin-cds"]
    options = understood(listed(step["CMD"]))
    assert options.verb == "serve"
    assert not is_loopback(options.host)  # or nobody outside of the container could call
    assert step["EXPOSE"] == str(options.port)
    assert unknown_settings(re.findall(r"\bCDS_\w+", step["ENV"])) == []


def test_its_health_check_asks_what_is_answered() -> None:
    _, _, command = last_step()["HEALTHCHECK"].partition("CMD ")
    program = listed(command)[-1]
    (path,) = re.findall(r"request\('GET', '([^']+)'\)", program)
    assert path in paths()
    assert f"('127.0.0.1', {last_step()['EXPOSE']}," in program
    compile(program, "health check", "exec")


def test_only_what_the_service_is_made_of_is_sent_to_the_build() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert ignored[0] == "*"
    sent = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {
        name
        for instruction, rest in dockerfile()
        if instruction == "COPY" and not rest.startswith("--from")
        for name in rest.split()[:-1]
    }
    assert copied == sent
    assert not [name for name in sent if fnmatch.fnmatch(name, "tests*") or not (ROOT / name).exists()]
    assert (FOLDER / "Dockerfile").is_file()
