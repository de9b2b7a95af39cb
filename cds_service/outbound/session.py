"""The session that every outbound call goes through. Knows requests, proxies and certificates; no URL of its own.

Its timeouts bound the whole of a call, from the look-up of the name to the last byte of the answer. It keeps no
cookie, reads no .netrc, follows nothing and repeats nothing.
"""

import logging
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager, Timeout

from cds_service.outbound.connections import PlainConnection, TlsConnection
from cds_service.outbound.names import Reach
from cds_service.settings import is_loopback


def new_session(reach: Reach) -> requests.Session:
    """A session for the whole process and one list of servers: a connection for each parallel read. Connections are
    not shared between lists, since what one list names another may not."""
    for library in ("urllib3", "requests"):
        logging.getLogger(library).setLevel(logging.CRITICAL)  # they print URLs, and with them ids of patients
    session = requests.Session()
    session.trust_env = False  # transport_for looks at the environment, once; a .netrc is never looked at
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = _Adapter(reach)
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter)
    return session


def transport_for(base: str) -> dict[str, Any]:
    """Proxies and certificates for a base, as the environment names them, worked out once; the machine itself is
    never reached by proxy. A proxy resolves the name of the server, so that its address cannot be judged here."""
    with requests.Session() as session:
        chosen = session.merge_environment_settings(base, {}, True, None, None)
    proxies = {} if is_loopback(urlsplit(base).hostname or "") else chosen["proxies"]
    return {"stream": True, "verify": chosen["verify"], "cert": chosen["cert"], "proxies": proxies}


def goes_by_proxy(base: str) -> bool:
    """Does the environment name a proxy for this base?"""
    return select_proxy(base, transport_for(base)["proxies"]) is not None


class _Adapter(HTTPAdapter):
    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        super().__init__(pool_connections=8, pool_maxsize=64, max_retries=0)

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, **more)
        self._use_own_connections(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **more)
        if isinstance(manager, ProxyManager):  # and not one for SOCKS, which has connections of its own
            self._use_own_connections(manager)
        return manager

    def send(
        self, request: requests.PreparedRequest, stream: bool = False, timeout: Any = None, *args: Any, **more: Any
    ) -> requests.Response:
        """timeout: seconds for the whole call, the reading of the answer's body among it."""
        whole: Any = Timeout(total=timeout)  # requests takes one, and its types do not know
        return super().send(request, stream, whole, *args, **more)

    def _use_own_connections(self, manager: PoolManager) -> None:
        pools: dict[str, Any] = {  # urllib3 calls what it finds there, a class or not
            "http": partial(self._pool, HTTPConnectionPool, PlainConnection),
            "https": partial(self._pool, HTTPSConnectionPool, TlsConnection),
        }
        manager.pool_classes_by_scheme = pools

    def _pool(self, kind: type[HTTPConnectionPool], connection: Any, *args: Any, **more: Any) -> HTTPConnectionPool:
        pool: Any = kind(*args, **more)
        pool.ConnectionCls = partial(connection, reach=self._reach)
        return pool  # type: ignore[no-any-return]
