"""Key sets on loopback: the client's own, and one that no service may ask for. Knows JWKS endpoints; signs nothing."""

from typing import Final, Self

from cds_service.conformance.loopback import Asked, LoopbackServer, Reply
from cds_service.conformance.signer import Key, key_set

_PATH: Final = "/jwks.json"


class KeyServer:
    """Serves the public halves of `keys`; `publish` adds one, as a hospital does when it changes its keys."""

    def __init__(self, keys: tuple[Key, ...], port: int = 0) -> None:
        self._keys = keys
        self._server = LoopbackServer(self._answer, port)

    @property
    def url(self) -> str:
        """Where the key set is: what a clients file names as jwks_url, and a token as jku."""
        return f"{self._server.address}{_PATH}"

    @property
    def fetches(self) -> int:
        """How often anybody has asked for anything."""
        return len(self._server.asked)

    def publish(self, key: Key) -> None:
        """From now on the set holds this key too."""
        self._keys = (*self._keys, key)

    def _answer(self, asked: Asked) -> Reply:
        if asked.path.partition("?")[0] != _PATH:
            return Reply(404, b"{}", {"Content-Type": "application/json"})
        return Reply(200, key_set(self._keys), {"Content-Type": "application/json"})

    def close(self) -> None:
        """Stop serving."""
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
