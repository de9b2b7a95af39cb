"""What is not recorded, told in the log: once a minute of each sort, with how often since. Knows no request."""

import logging
import time
from collections import Counter
from threading import Lock
from typing import Final

_log = logging.getLogger("cds_service.recording")
_EVERY: Final = 60.0  # seconds


class Told:
    """To be used by any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._since: Counter[str] = Counter()
        self._at: dict[str, float] = {}
        self._last: dict[str, str] = {}

    def tell(self, words: str, detail: str = "") -> None:
        """words: what happened. detail: the newest time it did, by type and place."""
        with self._lock:
            self._since[words] += 1
            self._last[words] = detail
            now = time.monotonic()
            if now - self._at.get(words, -_EVERY) < _EVERY:
                return
            self._at[words] = now
            self._say(words)

    def rest(self) -> None:
        """What the last minute left untold, at the end of the process."""
        with self._lock:
            for words in [each for each, count in self._since.items() if count]:
                self._say(words)

    def _say(self, words: str) -> None:
        detail = f": {self._last[words]}" if self._last[words] else ""
        _log.error("%s (%d times)%s", words, self._since[words], detail)
        self._since[words] = 0
