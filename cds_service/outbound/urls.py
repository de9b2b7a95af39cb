"""Whether a URL leads where it may. Knows how URLs are written and misread; nothing of who is called."""

import re
from typing import Final
from urllib.parse import urljoin, urlsplit

_PORTS: Final = {"http": 80, "https": 443}
# %25, %3b and %c0 too: a server behind another one may decode a second time, and find dot segments
_TRICKS: Final = re.compile(r"[\\\s\x00-\x1f\x7f]|%(?:2e|2f|5c|00|25|3b|c0)", re.IGNORECASE)


def is_under(url: str, base: str) -> bool:
    """Same scheme, host and port, and a path below the base's at a segment boundary; no user, no dot segments
    (also not `..;`, which Tomcat reads as one)."""
    try:
        here, there = urlsplit(base), urlsplit(url)
        port, wanted = there.port or _PORTS.get(there.scheme), here.port or _PORTS.get(here.scheme)
    except ValueError:
        return False
    path, root = there.path.rstrip("/"), here.path.rstrip("/")
    return (
        (there.scheme, there.hostname, port) == (here.scheme, here.hostname, wanted)
        and "@" not in there.netloc
        and not _TRICKS.search(url.partition("?")[0])  # as sent: urlsplit leaves tabs out
        and not any(segment.partition(";")[0] in {".", ".."} for segment in there.path.split("/"))
        and "#" not in url
        and (path == root or path.startswith(f"{root}/"))
    )


def joined(base: str, link: str) -> str:
    """A link as a whole URL; empty where it is none."""
    try:
        return urljoin(f"{base}/", link)
    except ValueError:
        return ""
