"""Who comes in. Knows where a call is asked for admission; what a decision is made with is not its business."""

from collections.abc import Mapping
from typing import Any, Generic, Protocol, TypeVar

Means_co = TypeVar("Means_co", covariant=True)


class Door(Protocol[Means_co]):
    """What a route asks before it reads a body. `paths`: where the call went, from /cds-services on, without a slash
    at the end; a token must be made out for one of them. Problem 401, 429 or 503 where the caller stays outside."""

    def admit(self, environ: Mapping[str, Any], /, *paths: str) -> Means_co:
        """The means for the caller, who must say who it is if there is a clients file."""

    def greet(self, environ: Mapping[str, Any], /, *paths: str) -> Means_co:
        """The same where everybody may come in (discovery): a caller without a token is nobody in particular, and a
        token that is shown must be good."""


class OpenDoor(Generic[Means_co]):
    """The door where there is no clients file: everybody is nobody in particular, and no token is looked at."""

    def __init__(self, means: Means_co) -> None:
        self._means = means

    def admit(self, _environ: Mapping[str, Any], /, *_paths: str) -> Means_co:
        return self._means

    greet = admit
