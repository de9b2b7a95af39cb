"""What `serve` refuses to start with: each through the real command line, every fault of a start told at once.

Nothing here opens a port: a start that is not refused would be seen as one that does not end.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cds_service.exposure import refusals, warnings
from cds_service.settings import Settings, read_settings
from cds_service.trust.clients_file import read_clients
from tests.running import ROOT
from tests.signing import clients_file

PUBLIC = ("--host", "0.0.0.0")  # noqa: S104
URL = {"CDS_PUBLIC_URL": "https://cds.example"}
GENERAL = "client 1 (general)"
UNREADABLE = "names a file that cannot be read"
CHANGEABLE = "names a file that every user of this machine may change (chmod o-w takes that away)"


@dataclass(frozen=True, slots=True)
class Start:
    """One start: what is set, what stands in the clients file (None: there is none), what is told."""

    told: tuple[str, ...]
    settings: dict[str, str] = field(default_factory=dict)
    clients: tuple[dict[str, Any], ...] | None = None
    arguments: tuple[str, ...] = ()
    # Changes the folder, in which clients.toml and keys.json are
    spoilt: Callable[[Path], object] = lambda _: None
    without_rights: bool = False


def mode(name: str, bits: int) -> Callable[[Path], object]:
    return lambda folder: (folder / name).chmod(bits)


def text(name: str, content: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(content)


def own(**entry: Any) -> tuple[dict[str, Any], ...]:
    return (entry,)


STARTS = {
    # open by accident
    "nobody is asked, on an address that others reach": Start(
        ("serve: without a clients file nobody is asked who he is",), arguments=PUBLIC
    ),
    "the same by name": Start(
        ("serve: without a clients file nobody is asked who he is",), arguments=("--host", "cds.example")
    ),
    "the URL of tokens would be the caller's": Start(
        ("serve: with a clients file CDS_PUBLIC_URL is needed",), clients=own(), arguments=PUBLIC
    ),
    "CDS_INSECURE does not change that": Start(
        ("serve: with a clients file CDS_PUBLIC_URL is needed",), {"CDS_INSECURE": "1"}, own(), PUBLIC
    ),
    # keys
    "a symmetric algorithm": Start(
        (f"clients: {GENERAL}: algorithms must list some of",), URL, own(algorithms=["HS256"])
    ),
    "no algorithm": Start((f"clients: {GENERAL}: algorithms must list some of",), URL, own(algorithms=["none"])),
    "a symmetric key": Start(
        (f"clients: {GENERAL}: jwks_file names a file that shows a private or symmetric key",),
        clients=own(),
        spoilt=text("keys.json", '{"keys": [{"kty": "oct", "kid": "a", "k": "c2VjcmV0"}]}'),
    ),
    "an http key set": Start(
        (f"clients: {GENERAL}: jwks_url must be an https URL; plain http is for loopback addresses",),
        clients=own(jwks_file=None, jwks_url="http://ehr.example/jwks.json"),
    ),
    # FHIR servers
    "an http FHIR server of a client": Start(
        (f"clients: {GENERAL}: fhir_servers must list https URLs; plain http is for loopback addresses",),
        clients=own(fhir_servers=["http://ehr.example/fhir"]),
    ),
    "an http FHIR server without clients": Start(
        ("settings: CDS_FHIR_SERVERS must list https URLs; plain http is for loopback addresses",),
        {"CDS_FHIR_SERVERS": "http://ehr.example/fhir"},
    ),
    "an http public URL": Start(
        ("settings: CDS_PUBLIC_URL must be https unless its host is a loopback address",),
        {"CDS_PUBLIC_URL": "http://cds.example"},
    ),
    # files
    "a clients file that is a folder": Start((f"settings: CDS_CLIENTS {UNREADABLE}",), {"CDS_CLIENTS": "."}),
    "a clients file that is a pipe": Start(
        (f"settings: CDS_CLIENTS {UNREADABLE}",), {"CDS_CLIENTS": "pipe"}, spoilt=lambda here: os.mkfifo(here / "pipe")
    ),
    "a clients file without the right to read it": Start(
        (f"settings: CDS_CLIENTS {UNREADABLE}",), clients=own(), spoilt=mode("clients.toml", 0o000), without_rights=True
    ),
    "a key file that is a folder": Start(
        (f"clients: {GENERAL}: jwks_file {UNREADABLE}",), clients=own(jwks_file="."), settings=URL
    ),
    "a key file that is a pipe": Start(
        (f"clients: {GENERAL}: jwks_file {UNREADABLE}",),
        clients=own(jwks_file="pipe"),
        spoilt=lambda here: os.mkfifo(here / "pipe"),
    ),
    "a key file without the right to read it": Start(
        (f"clients: {GENERAL}: jwks_file {UNREADABLE}",),
        clients=own(),
        spoilt=mode("keys.json", 0o000),
        without_rights=True,
    ),
    "a clients file that everybody may change": Start(
        (f"clients: CDS_CLIENTS {CHANGEABLE}",), clients=own(), spoilt=mode("clients.toml", 0o666)
    ),
    "a key file that everybody may change": Start(
        (f"clients: {GENERAL}: jwks_file {CHANGEABLE}",), clients=own(), spoilt=mode("keys.json", 0o602)
    ),
    "thresholds and signatures that everybody may change": Start(
        (f"settings: CDS_SIGN_OFF {CHANGEABLE}", f"settings: CDS_THRESHOLDS {CHANGEABLE}"),
        {"CDS_THRESHOLDS": "own.toml", "CDS_SIGN_OFF": "own.toml"},
        spoilt=lambda here: (here / "own.toml").touch() or (here / "own.toml").chmod(0o666),
    ),
    # records and temporary files
    "a folder for the records": Start(
        ("settings: CDS_DATABASE_URL names a folder, and not a file in it",), {"CDS_DATABASE_URL": "sqlite:///."}
    ),
    "a folder for temporary files that is not there": Start(
        ("serve: TMPDIR names a folder that is not there or cannot be written",), {"TMPDIR": "/nowhere"}
    ),
    "one that cannot be written": Start(
        ("serve: TMPDIR names a folder that is not there or cannot be written",),
        {"TMPDIR": "full"},
        spoilt=lambda here: (here / "full").mkdir(0o500),
        without_rights=True,
    ),
    "thresholds that are no TOML, and nothing else": Start(
        ("knowledge: ",), {"CDS_THRESHOLDS": "own.toml"}, spoilt=text("own.toml", "half [a line")
    ),
    # proxies
    "every address as a proxy": Start(
        ("settings: CDS_TRUSTED_PROXIES must not be wider than any private network",),
        {"CDS_TRUSTED_PROXIES": "0.0.0.0/0"},
    ),
    "a name as a proxy": Start(
        ("settings: CDS_TRUSTED_PROXIES must list addresses and networks, as 192.0.2.7 or 192.0.2.0/28: item 2",),
        {"CDS_TRUSTED_PROXIES": "192.0.2.7 proxy.example"},
    ),
    "a proxy in a setting that does not exist": Start(
        ("settings: CDS_TRUSTED_PROXY is not a setting",), {"CDS_TRUSTED_PROXY": "192.0.2.7"}
    ),
    # all of it at once
    "everything": Start(
        (
            "settings: CDS_COLOUR is not a setting",
            "settings: CDS_DEADLINE_MS must be a whole number",
            "settings: CDS_REGION must be uk or us",
            "serve: with a clients file CDS_PUBLIC_URL is needed",
            f"clients: CDS_CLIENTS {CHANGEABLE}",
            f"clients: {GENERAL}: algorithms must list some of",
            f"clients: {GENERAL}: shadow must be true or false",
            "knowledge: ",
        ),
        {"CDS_COLOUR": "blue", "CDS_DEADLINE_MS": "soon", "CDS_REGION": "mars", "CDS_THRESHOLDS": "keys.json"},
        own(algorithms=["HS256"], shadow="no"),
        PUBLIC,
        mode("clients.toml", 0o646),
    ),
    "what is not read is not held against the start twice": Start(
        (f"settings: CDS_CLIENTS {UNREADABLE}", "settings: CDS_PUBLIC_URL must be an absolute http or https URL"),
        {"CDS_CLIENTS": "gone.toml", "CDS_PUBLIC_URL": "cds.example"},
        arguments=PUBLIC,
    ),
}


def without_rights() -> list[str]:
    """What makes a command run without root's right to read any file; skips where that cannot be."""
    if os.geteuid() != 0:
        return []
    dropping = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    try:
        probe = subprocess.run([*dropping, "true"], capture_output=True, check=False)
    except OSError:
        pytest.skip("root reads every file, and setpriv is not installed")
    if probe.returncode != 0:
        pytest.skip("root reads every file, and this machine does not let it lay that down")
    return dropping


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_a_start_is_refused_and_every_fault_is_told(start: Start, tmp_path: Path) -> None:
    settings = dict(start.settings)
    if start.clients is not None:
        settings = {"CDS_CLIENTS": str(clients_file(tmp_path, *start.clients))} | settings
    start.spoilt(tmp_path)
    env = {name: value for name, value in os.environ.items() if not name.startswith("CDS_")} | settings
    command = [sys.executable, "-m", "cds_service", "serve", "--port", "1", *start.arguments]
    if start.without_rights:
        command = without_rights() + command
    env["PYTHONPATH"] = os.pathsep.join((str(ROOT), env["PYTHONPATH"]))
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    told = [f"{line['logger'].removeprefix('cds_service.')}: {line['message']}" for line in lines]
    assert len(told) == len(start.told), told
    for said, expected in zip(told, start.told, strict=True):
        assert said.startswith(expected), told
    for value in (*start.settings.values(), "HS256"):
        assert len(value) < 5 or value not in done.stderr.replace("CDS_INSECURE=1", "")


# what is not refused, and said in the log


def said(host: str, **settings: str) -> list[str]:
    """What a start with these settings says: ! before an error."""
    chosen = read_settings({f"CDS_{name.upper()}": value for name, value in settings.items()})
    clients = None if chosen.clients is None else read_clients(chosen.clients)
    assert refusals(chosen, host) == ()
    return [("!" if level > 30 else "") + words for level, words in warnings(chosen, host, clients)]


@pytest.mark.parametrize(
    ("host", "guarded", "settings", "expected"),
    [
        ("127.0.0.1", False, {}, []),
        ("127.0.0.1", False, {"insecure": "1"}, []),
        ("10.2.0.1", False, {"insecure": "1"}, ["!CDS_INSECURE=1: ANYBODY"]),
        ("10.2.0.1", True, {"insecure": "1", "trusted_proxies": "10.2.0.7"}, ["!CDS_INSECURE=1 beside"]),
        ("10.2.0.1", True, {"trusted_proxies": "10.2.0.7"}, []),
        ("10.2.0.1", True, {}, ["calls by plain http are not refused"]),
        ("127.0.0.1", True, {}, []),
        ("127.0.0.1", True, {"trusted_proxies": "127.0.0.1"}, []),
        ("127.0.0.1", True, {"trusted_proxies": "10.2.0.7"}, ["no address of this machine is in CDS_TRUSTED_PROXIES"]),
        ("127.0.0.1", True, {"public_url": ""}, ["CDS_PUBLIC_URL is not set"]),
        ("127.0.0.1", True, {"fhir_servers": "https://ehr.example/fhir"}, ["CDS_FHIR_SERVERS is not in force"]),
        ("127.0.0.1", True, {"cors_origins": "*"}, []),
    ],
)
def test_what_is_doubtful_is_said(
    tmp_path: Path, host: str, guarded: bool, settings: dict[str, str], expected: list[str]
) -> None:
    if guarded:
        settings = {"clients": str(clients_file(tmp_path)), "public_url": "https://cds.example"} | settings
    found = said(host, **settings)
    assert len(found) == len(expected), found
    for words, start in zip(found, expected, strict=True):
        assert words.startswith(start)


def test_plain_http_to_this_machine_is_let_be_and_said_where_others_call(tmp_path: Path) -> None:
    plain = {"jwks_file": None, "jwks_url": "http://127.0.0.1:9/jwks.json", "fhir_servers": ["http://localhost:9/fhir"]}
    path = clients_file(tmp_path, plain)
    more = {"clients": str(path), "public_url": "https://cds.example", "trusted_proxies": "127.0.0.1"}
    found = said("10.2.0.1", **more)
    assert [words.partition(" is plain http")[0] for words in found] == [
        "client general: jwks_url",
        "client general: a server of fhir_servers",
    ]
    assert said("127.0.0.1", **more) == []
    (alone,) = said("10.2.0.1", insecure="1", fhir_servers="http://localhost:9/fhir 10.0.0.0/8")[1:]
    assert alone.startswith("a server of CDS_FHIR_SERVERS is plain http")


def test_a_group_may_write_and_a_link_is_judged_by_what_it_leads_to(tmp_path: Path) -> None:
    path = clients_file(tmp_path)
    path.chmod(0o660)
    link = tmp_path / "link.toml"
    link.symlink_to(path)
    assert len(read_clients(link)) == 1
    assert read_settings({"CDS_CLIENTS": str(link)}) == Settings(clients=link)
