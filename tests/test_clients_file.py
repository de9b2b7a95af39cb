"""The clients file is taken whole or refused with every fault at once; what it says of a client is in force."""

import json
from pathlib import Path
from typing import Any

import pytest

from cds_service.__main__ import main
from cds_service.clinical.concepts import Ingredient
from cds_service.clinical.policy import Region
from cds_service.hooks.clients import PROFILES
from cds_service.settings import Settings
from cds_service.trust.clients_file import ClientEntry, ClientsError, read_clients
from tests import log_lines
from tests.signing import Json, clients_file, jwk, jwks, private

ISSUER = "https://ehr.example"


def faults(folder: Path, *clients: Json) -> tuple[str, ...]:
    with pytest.raises(ClientsError) as caught:
        read_clients(clients_file(folder, *clients))
    return caught.value.faults


def test_every_key_of_the_documented_example_is_read(tmp_path: Path) -> None:
    path = tmp_path / "clients.toml"
    path.write_text(
        """
        [[client]]
        name = "general-hospital"
        issuer = "https://ehr.general.example"
        jwks_url = "https://ehr.general.example/jwks.json"   # or jwks_file, relative to this file
        algorithms = ["ES384", "RS384"]
        audiences = []
        fhir_servers = ["https://ehr.general.example/fhir"]
        profile = "cds-hooks-2.0"
        unavailable = ["mecobalamin"]
        tenants = []
        region = "uk"
        allow_open_fhir = true
        store_comments = true
        shadow = false
        replay_check = true
        requests_per_minute = 6000
        """
    )
    assert read_clients(path) == (
        ClientEntry(
            name="general-hospital",
            issuer="https://ehr.general.example",
            jwks_url="https://ehr.general.example/jwks.json",
            fhir_servers=("https://ehr.general.example/fhir",),
            profile=PROFILES["cds-hooks-2.0"],
            unavailable=frozenset({Ingredient.MECOBALAMIN}),
            region=Region.UK,
            allow_open_fhir=True,
            store_comments=True,
        ),
    )


def test_a_short_entry_has_the_documented_defaults(tmp_path: Path) -> None:
    (entry,) = read_clients(clients_file(tmp_path))
    assert (entry.algorithms, entry.requests_per_minute) == (("ES384", "RS384"), 6000)
    assert (entry.replay_check, entry.shadow, entry.tenants) == (True, False, frozenset())
    assert [key.kid for key in entry.keys] == ["ES384", "RS384"]
    service = Settings(region=Region.US, fhir_servers=("https://a.example",), allow_open_fhir=True, store_comments=True)
    own = entry.settings(service)
    assert (own.region, own.allow_open_fhir, own.store_comments) == (Region.US, True, True)
    assert own.fhir_servers == ()


def test_what_an_entry_states_stands_above_the_settings(tmp_path: Path) -> None:
    stated = {"region": "uk", "unavailable": [], "allow_open_fhir": False, "store_comments": False}
    (entry,) = read_clients(clients_file(tmp_path, stated))
    service = Settings(
        region=Region.US, unavailable=frozenset({Ingredient.MECOBALAMIN}), allow_open_fhir=True, store_comments=True
    )
    assert entry.settings(service) == Settings()


WRONG: list[tuple[Json, str]] = [
    ({"name": None}, "client 1: name is missing"),
    ({"name": ""}, "client 1: name must be a printable text of at most 64 characters"),
    ({"name": "a\tb"}, "client 1: name must be a printable text of at most 64 characters"),
    ({"issuer": None}, "issuer is missing"),
    ({"issuer": " "}, "issuer must be a text"),
    ({"issuer": f"{ISSUER} "}, "issuer must be a text without blanks around it"),
    ({"audiences": ["\u00a0sand_man"]}, "audiences must be a list of texts without blanks around them"),
    ({"tenants": ["north", "south "]}, "tenants must be a list of texts without blanks around them"),
    ({"isuer": "x"}, "isuer is not a key of a client"),
    ({"jwks_file": None}, "one of jwks_url and jwks_file must be there, and not both"),
    ({"jwks_url": "https://e.example/k"}, "one of jwks_url and jwks_file must be there, and not both"),
    ({"jwks_file": "no.json"}, "jwks_file names a file that cannot be read"),
    ({"jwks_file": "clients.toml"}, "jwks_file names a file that is no JWK Set"),
    ({"jwks_file": None, "jwks_url": "http://e.example/k"}, "jwks_url must be an https URL"),
    ({"jwks_file": None, "jwks_url": "https://e.example/k#x"}, "jwks_url must be an absolute http or https URL"),
    ({"jwks_file": None, "jwks_url": "https://e.example/k?a= b"}, "jwks_url must be an absolute http or https URL"),
    ({"jwks_file": None, "jwks_url": "https://u:p@e.example/k"}, "jwks_url must be an absolute http or https URL"),
    ({"jwks_file": None, "jwks_url": "ftp://127.0.0.1/k"}, "jwks_url must be an absolute http or https URL"),
    ({"algorithms": ["HS384"]}, "algorithms must list some of ES256"),
    ({"algorithms": ["none"]}, "algorithms must list some of ES256"),
    ({"algorithms": ["ES384", "XS1"]}, "algorithms must list some of ES256"),
    ({"algorithms": []}, "algorithms must list some of ES256"),
    ({"algorithms": "ES384"}, "algorithms must be a list of texts"),
    ({"audiences": [1]}, "audiences must be a list of texts"),
    ({"fhir_servers": ["http://e.example/fhir"]}, "fhir_servers must list https URLs"),
    ({"fhir_servers": ["https://e.example/fhir?x=1"]}, "fhir_servers must be an absolute http or https URL"),
    ({"profile": "epic-2"}, "profile must be one of cds-hooks-1.0"),
    ({"unavailable": ["aspirin"]}, "unavailable must list some of"),
    ({"tenants": "north"}, "tenants must be a list of texts"),
    ({"region": "mars"}, "region must be uk or us"),
    ({"allow_open_fhir": 1}, "allow_open_fhir must be true or false"),
    ({"store_comments": "no"}, "store_comments must be true or false"),
    ({"shadow": "yes"}, "shadow must be true or false"),
    ({"replay_check": 0}, "replay_check must be true or false"),
    ({"requests_per_minute": 0}, "requests_per_minute must be a whole number from 1"),
    ({"requests_per_minute": True}, "requests_per_minute must be a whole number from 1"),
    ({"requests_per_minute": 1.5}, "requests_per_minute must be a whole number from 1"),
]


@pytest.mark.parametrize(("given", "said"), WRONG)
def test_a_fault_is_named_by_client_and_key_and_not_by_value(tmp_path: Path, given: Json, said: str) -> None:
    (fault,) = faults(tmp_path, given)
    assert fault.startswith("client 1")
    assert said in fault
    for value in given.values():
        assert not isinstance(value, str) or value.strip() == "" or value not in fault


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    found = faults(tmp_path, {"region": "mars", "shadow": 1, "x": 1}, {"name": "b", "issuer": None, "profile": "x"})
    assert found == (
        "client 1 (general): region must be uk or us",
        "client 1 (general): shadow must be true or false",
        "client 1 (general): x is not a key of a client",
        "client 2 (b): issuer is missing",
        f"client 2 (b): profile must be one of {', '.join(PROFILES)}",
    )


SHARED: list[tuple[list[Any], bool]] = [
    ([["a"], ["b"]], True),
    ([["a", "b"], ["c"]], True),
    ([["a"], None], False),
    ([["a"], []], False),
    ([None, None], False),
    ([["a", "b"], ["b", "c"]], False),
]


@pytest.mark.parametrize(("tenants", "told_apart"), SHARED)
def test_a_shared_issuer_is_told_apart_by_tenants(tmp_path: Path, tenants: list[Any], told_apart: bool) -> None:
    clients = [{"name": str(number), "tenants": listed} for number, listed in enumerate(tenants)]
    if told_apart:
        assert len(read_clients(clients_file(tmp_path, *clients))) == 2
    else:
        found = ("clients 1, 2 have one issuer: each must list tenants that no other of them lists",)
        assert faults(tmp_path, *clients) == found


def test_a_name_is_one_clients(tmp_path: Path) -> None:
    assert faults(tmp_path, {}, {"issuer": "https://b.example"}) == ("2 clients have the name general",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the file names no client: it holds a [[client]] table for each"),
        ("[client]\nname = 'x'", "the file names no client: it holds a [[client]] table for each"),
        ("[[clients]]", "clients is not a key of the file; it holds [[client]] tables"),
        ("[[client", "the file is no TOML: "),
        ("\xff", "the file is no TOML: it must be plain UTF-8, without a byte order mark"),
    ],
)
def test_what_is_no_clients_file_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "clients.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ClientsError) as caught:
        read_clients(path)
    assert any(fault.startswith(said) for fault in caught.value.faults)


def _private_jwk() -> Json:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from jwt.algorithms import ECAlgorithm

    key = private("ES384")
    assert isinstance(key, EllipticCurvePrivateKey)
    return {**json.loads(ECAlgorithm.to_jwk(key)), "kid": "x"}


USELESS: list[tuple[str, Any, str]] = [
    ("a private key", [_private_jwk()], "shows a private or symmetric key"),
    ("a symmetric key", [jwk("ES384"), {"kty": "oct", "k": "AAAA", "kid": "x"}], "shows a private or symmetric key"),
    ("no kid", [jwk("ES384", kid=None)], "holds no key"),
    ("for encryption", [jwk("ES384", use="enc")], "holds no key"),
    ("not to verify", [jwk("ES384", key_ops=["encrypt"])], "holds no key"),
    ("a short RSA key", [jwk("RS1024")], "holds no key"),
    ("an RSA key of exponent 3", [jwk("RS384-e3")], "holds no key"),
    ("an unknown curve", [jwk("ES384", crv="P-999")], "holds no key"),
    ("a point off the curve", [jwk("ES384", x=jwk("ES384-other")["x"])], "holds no key"),
    ("a curve that is not the point's", [jwk("ES384", crv="P-256")], "holds no key"),
    ("no base64", [jwk("ES384", x="!")], "holds no key"),
    ("a part missing", [jwk("RS384", n=None)], "holds no key"),
    ("an unknown kind", [{"kty": "OKP", "crv": "Ed25519", "x": "AA", "kid": "x"}], "holds no key"),
    ("nothing", [], "holds no key"),
    ("no objects", ["x"], "is no JWK Set"),
    ("no list", {}, "is no JWK Set"),
]


@pytest.mark.parametrize(("keys", "said"), [row[1:] for row in USELESS], ids=[row[0] for row in USELESS])
def test_a_key_set_that_no_call_could_pass_with_is_a_fault(tmp_path: Path, keys: Any, said: str) -> None:
    (tmp_path / "odd.json").write_text(json.dumps({"keys": keys}))
    (fault,) = faults(tmp_path, {"jwks_file": "odd.json"})
    assert said in fault


def test_a_useless_key_beside_a_good_one_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text(json.dumps({"keys": [jwk("RS1024"), *jwks("ES384")["keys"]]}))
    (entry,) = read_clients(clients_file(tmp_path, {"jwks_file": "odd.json"}))
    assert [key.kid for key in entry.keys] == ["ES384"]


@pytest.mark.usefixtures("logging_as_before")
@pytest.mark.parametrize("verb", ["check", "serve"])
def test_check_and_serve_tell_the_faults_of_settings_and_clients_together(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CDS_CLIENTS", str(clients_file(tmp_path, {"region": "mars"})))
    told = "clients: client 1 (general): region must be uk or us"
    assert main([verb]) == 1
    said = capsys.readouterr()
    assert log_lines.faults(verb, said.err) == [told]
    if verb == "check":
        assert said.out.startswith(f"1 fault\n  {told}\nknowledge ")
        assert main(["check", "--json"]) == 1
        assert json.loads(capsys.readouterr().out)["faults"] == [told]
        capsys.readouterr()
    monkeypatch.setenv("CDS_REGION", "mars")
    assert main([verb]) == 1
    assert log_lines.faults(verb, capsys.readouterr().err) == ["settings: CDS_REGION must be uk or us", told]


def test_check_names_the_clients(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"shadow": True, "profile": "epic", "fhir_servers": ["https://e.example/fhir"]}
    url = {"name": "by-url", "issuer": ISSUER, "jwks_file": None, "jwks_url": f"{ISSUER}/keys", "replay_check": False}
    monkeypatch.setenv("CDS_CLIENTS", str(clients_file(tmp_path, given, url)))
    monkeypatch.setenv("CDS_FHIR_SERVERS", "https://e.example/fhir")
    assert main(["check"]) == 0
    said = capsys.readouterr()
    assert "  general: epic; keys: 2 in a file; FHIR: 1, https://e.example/fhir; shadow\n" in said.out
    again = "no FHIR server; a token can be used again: replay_check is off"
    told = f"by-url: profile as the request shows; keys: from {ISSUER}/keys; {again}"
    assert told in " ".join(said.out.split())
    assert "CDS_FHIR_SERVERS is not in force" in said.err
