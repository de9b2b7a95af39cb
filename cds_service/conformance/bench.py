"""What the tester itself brings along: FHIR servers, key sets, keys, a log. Knows ports and files; judges nothing."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from cds_service.conformance.fhir_server import FhirServer
from cds_service.conformance.key_server import KeyServer
from cds_service.conformance.signer import Key, Signer, key_set, keys_for, new_key
from cds_service.conformance.subject import Exchange

SANDBOX: Final = "https://sandbox.cds-hooks.org"


@dataclass(frozen=True, slots=True)
class Equipment:
    """What the person who runs the trial gave; nothing of it is needed, and what is not there is not seen.

    issuer: `iss` of the client JWTs; without it no call carries one. key: file with the private keys. jwks_file:
    where to write the public key set. jwks_port, fhir_port: ports of the tester's own servers, None for a free one.
    tenant: claim of every token. log: the log that the service writes.
    """

    issuer: str | None = None
    key: Path | None = None
    jwks_file: Path | None = None
    jwks_port: int | None = None
    fhir_port: int | None = None
    tenant: str | None = None
    log: Path | None = None


@dataclass(slots=True)
class Bench:
    """The equipment at work. fhir: to be trusted by the service. elsewhere: must never be called.

    signer None: no authentication is tried. key_server None: the key set was handed over as a file. strangers: a key
    set that no service may fetch, with its thief's key. access_token: what the FHIR server is to be asked with.
    fetching: calls for which the service asked the FHIR server, once that was tried.
    """

    fhir: FhirServer
    elsewhere: FhirServer
    strangers: KeyServer
    thief: Key
    signer: Signer | None = None
    key_server: KeyServer | None = None
    log: Path | None = None
    access_token: str = ""
    fetching: list[Exchange] | None = None

    def token_for(self, audience: str) -> str:
        """A client JWT for one endpoint. Only where there is a signer."""
        if self.signer is None:
            raise LookupError("there is no issuer to sign for")
        return self.signer.token(audience)


@contextmanager
def set_up(equipment: Equipment) -> Iterator[Bench]:
    """The bench, its servers running until the end. OSError for a taken port or a bad path, KeyFileError."""
    with ExitStack() as open_now:
        elsewhere = open_now.enter_context(FhirServer())
        fhir = open_now.enter_context(FhirServer(port=equipment.fhir_port or 0, elsewhere=elsewhere.base))
        thief = new_key("ES384")
        strangers = open_now.enter_context(KeyServer((thief,)))
        signer, key_server = None, None
        if equipment.issuer is not None:
            keys = keys_for(equipment.key)
            if equipment.jwks_file is not None:
                equipment.jwks_file.write_bytes(key_set(keys))
            if equipment.jwks_port is not None:
                key_server = open_now.enter_context(KeyServer(keys, equipment.jwks_port))
            signer = Signer(equipment.issuer, keys, key_server.url if key_server else None, equipment.tenant)
        token = f"conformance-access-{uuid4().hex}"
        yield Bench(fhir, elsewhere, strangers, thief, signer, key_server, equipment.log, token)
