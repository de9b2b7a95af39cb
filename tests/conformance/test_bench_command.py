"""The options for keys, servers and the log, as a person gives them, on a little service with authentication."""

import json
import socket
from pathlib import Path

import pytest

from cds_service.__main__ import main
from tests.conformance.guarded_service import Guarded
from tests.conformance.guarded_trial import ISSUER
from tests.conformance.guarded_wire import running


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_keys_servers_and_log_are_those_that_were_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fhir, keys = free_port(), free_port()
    service = Guarded(f"http://127.0.0.1:{fhir}/fhir", f"http://127.0.0.1:{keys}/jwks.json", tmp_path / "log")
    given = ["--issuer", ISSUER, "--key", str(tmp_path / "keys.json"), "--jwks-port", str(keys), "--tenant", "north"]
    given += ["--jwks-file", str(tmp_path / "public.json"), "--fhir-port", str(fhir), "--log", str(tmp_path / "log")]
    given += ["--repeats", "2", "--timed", "2", "--budget", "1.5", "--group", "G,I,K"]
    with running(service) as url:
        assert main(["conformance", url, *given, "--json"]) == 0
    out = capsys.readouterr().out
    verdicts = {row["number"]: row["verdict"] for row in json.loads(out)["assertions"]}
    assert {number for number, verdict in verdicts.items() if verdict != "PASS"} == {70}
    private = json.loads((tmp_path / "keys.json").read_text("utf-8"))["keys"]
    public = json.loads((tmp_path / "public.json").read_text("utf-8"))["keys"]
    assert [key["kid"] for key in private] == [key["kid"] for key in public]
    assert all(key["d"] not in out and "d" not in shown for key, shown in zip(private, public, strict=True))


def test_a_service_that_comes_later_is_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    """Started after the tester, it is there all the same; without a wait it is nowhere."""
    nowhere = f"http://127.0.0.1:{free_port()}"
    assert main(["conformance", nowhere, "--group", "A"]) == 1
    assert main(["conformance", nowhere, "--group", "A", "--wait", "0.3"]) == 1
    assert capsys.readouterr().err.count("the connection failed or was broken off") == 2

    class Late(Guarded):
        """Breaks off the first calls, as a port does that nobody listens to yet."""

        calls = 0

        def respond(self, method, path, headers, body):  # type: ignore[no-untyped-def]
            self.calls += 1
            if self.calls <= 2:
                raise ConnectionError
            return super().respond(method, path, headers, body)

    with running(Late()) as url:
        assert main(["conformance", url, "--group", "A", "--wait", "20"]) == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--issuer", ISSUER], "--issuer needs --key, --jwks-file or --jwks-port"),
        (["--tenant", "north", "--jwks-port", "80"], "--jwks-port, --tenant: of use with --issuer only"),
        (["--issuer", ISSUER, "--key", "{tmp}/no.pem"], "it is neither PEM nor a private JWK"),
        (["--issuer", ISSUER, "--jwks-file", "{tmp}/none/public.json"], "No such file or directory"),
        (["--fhir-port", "{taken}"], "Address already in use"),
        (["--fhir-port", "0"], "must be from 1 to 65535"),
        (["--repeats", "0"], "must be from 1 to 1000"),
        (["--wait", "-1"], "must be above 0, and at most 600"),
    ],
)
def test_what_cannot_be_is_one_line_and_2(
    given: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "no.pem").write_text("no key", "ascii")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        words = [word.replace("{tmp}", str(tmp_path)).replace("{taken}", port) for word in given]
        try:
            ended = main(["conformance", "http://127.0.0.1:9", *words])
        except SystemExit as usage:
            ended = int(str(usage.code))
    assert ended == 2
    assert said in capsys.readouterr().err.splitlines()[-1]
