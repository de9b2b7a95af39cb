"""What operators put in the place of a clients file or a key set: one line names client, key and rule, and no value."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from cds_service.__main__ import main
from cds_service.outbound.names import Names
from cds_service.trust.clients_file import read_clients
from cds_service.trust.key_sets import FetchedKeys
from cds_service.trust.look import odd_key_sets
from tests import log_lines
from tests.fetched_keys import Make
from tests.fhir_server import Reply, serving
from tests.signing import clients_file, jwk, jwks, private
from tests.until import until

NOT_PLAIN = "must be plain UTF-8, without a byte order mark"
ONE_KEY = 'is no JWK Set, but a single key: {"keys": [...]} makes it one'
SECRET = "shows a private or symmetric key"
SET = json.dumps(jwks("ES384"))

# By name: what stands where the clients file should, made of a good one, and what is said
CLIENTS: dict[str, tuple[Any, str]] = {
    "UTF-8 with a byte order mark": (lambda good: good.encode("utf-8-sig"), f"the file is no TOML: it {NOT_PLAIN}"),
    "UTF-16": (lambda good: good.encode("utf-16"), f"the file is no TOML: it {NOT_PLAIN}"),
    "UTF-16 without a mark": (lambda good: good.encode("utf-16-le"), f"the file is no TOML: it {NOT_PLAIN}"),
    "nothing": (lambda _: b"", "the file names no client: it holds a [[client]] table for each"),
    "blanks": (lambda _: b" \r\n", "the file names no client: it holds a [[client]] table for each"),
}
# By name: what stands where a JWK Set should, and what is said
SETS: dict[str, tuple[bytes, str]] = {
    "PEM": (
        private("ES384").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "is no JWK Set, but PEM",
    ),
    "private PEM": (private("ES384").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), SECRET),
    "one JWK": (json.dumps(jwk("ES384")).encode(), ONE_KEY),
    "one private JWK": (json.dumps(jwk("ES384", d="AAAA")).encode(), SECRET),
    "HTML": (b"\n<!DOCTYPE html><title>Sign in</title>", "is no JWK Set, but HTML or XML"),
    "nothing": (b"\n", "is no JWK Set, but empty"),
    "a byte order mark": (SET.encode("utf-8-sig"), f"is no JWK Set: it {NOT_PLAIN}"),
    "UTF-16": (SET.encode("utf-16"), f"is no JWK Set: it {NOT_PLAIN}"),
    "other JSON": (b'{"d": 1}', "is no JWK Set"),
    "a word": (b"keys", "is no JWK Set"),
}


def told(verb: str, path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[str]:
    monkeypatch.setenv("CDS_CLIENTS", str(path))
    assert main([verb]) == 1
    return log_lines.faults(verb, capsys.readouterr().err)


@pytest.mark.usefixtures("logging_as_before")
@pytest.mark.parametrize("verb", ["check", "serve"])
@pytest.mark.parametrize(("spoilt", "said"), CLIENTS.values(), ids=CLIENTS)
def test_what_is_no_clients_file_is_told_in_one_line(
    verb: str, spoilt: Any, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    path = clients_file(tmp_path)
    path.write_bytes(spoilt(path.read_text("utf-8")))
    assert told(verb, path, monkeypatch, capsys) == [f"clients: {said}"]


@pytest.mark.usefixtures("logging_as_before")
@pytest.mark.parametrize("verb", ["check", "serve"])
@pytest.mark.parametrize(("content", "said"), SETS.values(), ids=SETS)
def test_what_is_no_key_file_is_told_in_one_line(
    verb: str, content: bytes, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    path = clients_file(tmp_path)
    (tmp_path / "keys.json").write_bytes(content)
    line = f"clients: client 1 (general): jwks_file names a file that {said}"
    assert told(verb, path, monkeypatch, capsys) == [line]


def test_what_a_url_answers_is_told_by_check(tmp_path: Path) -> None:
    with serving(lambda path: Reply(SET.encode() if path == "good" else SETS[path.replace("%20", " ")][0])) as server:
        entries = [
            {"name": name, "issuer": f"https://{place}.example", "jwks_file": None, "jwks_url": url.replace(" ", "%20")}
            for place, name in enumerate([*SETS, "good", "away"])
            for url in ["http://127.0.0.1:1/secret" if name == "away" else f"{server.base}/{name}"]
        ]
        said = odd_key_sets(read_clients(clients_file(tmp_path, *entries)), Names())
    expected = [f"{name}: jwks_url {why}" for name, (_, why) in SETS.items()]
    assert said == [*expected, "away: jwks_url could not be fetched"]


def test_the_verb_check_shows_it_and_finds_no_fault_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = {"jwks_file": None, "jwks_url": "http://127.0.0.1:1/jwks.json"}
    monkeypatch.setenv("CDS_CLIENTS", str(clients_file(tmp_path, url)))
    line = "general: jwks_url could not be fetched"
    assert main(["check"]) == 0
    assert f"key sets  1 to look at\n  {line}\n" in capsys.readouterr().out
    assert main(["check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["keySets"] == [line]


def test_a_service_says_what_its_url_answers_and_that_there_are_no_keys(
    fetched: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(logging.getLogger("cds_service"), "propagate", True)
    found: FetchedKeys = fetched(lambda: SETS["one JWK"][0])
    until(lambda: caplog.records)
    assert found._keys == {}
    line = f"key set of general: jwks_url {ONE_KEY}; there are no keys yet, and calls get 503"
    assert caplog.records[0].getMessage() == line
