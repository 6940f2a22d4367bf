"""The transport for threads: httpx's own, with sockets that keep to the deadline of the whole request."""

from __future__ import annotations

import ipaddress
import socket
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import httpcore
import httpx

from .deadline import Bounded
from .fork import renew_after_fork

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

    from httpcore import SOCKET_OPTION, NetworkStream

_LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=30.0)
"""No limit: the client's rate limiter limits concurrency."""


class SyncTransport(httpx.HTTPTransport):
    """Send requests as httpx does, and end them at their deadline, however slow the server is.

    A forked child gets connections of its own.

    Args:
        tls: How servers and the proxy are verified.
        proxy: A proxy for https.
    """

    def __init__(self, *, tls: ssl.SSLContext, proxy: httpx.Proxy | None = None) -> None:
        self._tls, self._proxy = tls, proxy
        self._open()
        renew_after_fork(self)

    def _open(self) -> None:
        super().__init__(verify=self._tls, limits=_LIMITS, proxy=self._proxy)
        # httpx has no parameter for it, though httpcore has.
        self._pool._network_backend = _Backend()  # noqa: SLF001

    def renew(self) -> None:
        """Leave the parent's connections to the parent: close them here without sending anything."""
        inherited = self._pool.connections
        self._open()
        for connection in inherited:
            connection.close()


class _Backend(httpcore.NetworkBackend):
    """Opens connections within the deadline."""

    def __init__(self) -> None:
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> NetworkStream:
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in _addresses(host, port, _left(timeout, httpcore.ConnectTimeout)):
            try:
                seconds = _left(timeout, httpcore.ConnectTimeout)
                return _Stream(self._backend.connect_tcp(address, port, seconds, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


class _Stream(httpcore.NetworkStream):
    """A connection whose reads and writes each get the time that is left."""

    def __init__(self, stream: NetworkStream, *, depth: int = 0) -> None:
        self._stream, self._depth = stream, depth
        # TLS within TLS, through a proxy of https, has no socket of its own.
        self._socket: socket.socket | None = stream.get_extra_info("socket") if depth <= 1 else None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        seconds = _left(timeout, httpcore.ReadTimeout)
        if self._socket is None:
            return self._stream.read(max_bytes, seconds)
        try:
            self._socket.settimeout(seconds)
            return self._socket.recv(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._socket is None:
            self._stream.write(buffer, _left(timeout, httpcore.WriteTimeout))
            return
        rest = memoryview(buffer)
        try:
            while rest:
                self._socket.settimeout(_left(timeout, httpcore.WriteTimeout))
                rest = rest[self._socket.send(rest) :]
        except TimeoutError as error:
            raise httpcore.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> NetworkStream:
        # Python ends a handshake as a whole with the timeout of its socket.
        seconds = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, seconds), depth=self._depth + 1)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(timeout: float | None, late: type[Exception]) -> float | None:
    """Return the seconds that an operation may take.

    Raises:
        late: The deadline has passed.
    """
    if type(timeout) is not Bounded:
        return timeout
    left = timeout.left()
    if left <= 0:
        raise late("the deadline passed")
    return left


def _addresses(host: str, port: int, seconds: float | None) -> list[str]:
    """Return the addresses of a host. A name is looked up in a thread, since a lookup cannot be interrupted.

    Raises:
        httpcore.ConnectError: The name is unknown.
        httpcore.ConnectTimeout: The lookup takes too long.
    """
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return [host]
    found: Future[list[str]] = Future()

    def look_up() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except Exception as error:  # noqa: BLE001 - raised again, by the thread that waits
            found.set_exception(error)
        else:
            found.set_result([str(info[4][0]) for info in infos])

    threading.Thread(target=look_up, name="zuora-journal-runs-lookup", daemon=True).start()
    try:
        return found.result(seconds)
    except TimeoutError as error:
        raise httpcore.ConnectTimeout(f"the lookup of {host} takes too long") from error
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(str(error)) from error
