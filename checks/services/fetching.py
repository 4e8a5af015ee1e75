"""A policy by its web address: fetched like a cautious stranger would.

Only http and https, only addresses that anybody on the internet could reach. Every name is resolved once, every
address it stands for is checked, and the connection is made to the very address that was checked: a name server that
changes its answer in between gains nothing. Each redirect goes through the same door. No cookies, no credentials,
no proxy, a size limit, and a time limit for the whole.
"""

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from urllib.parse import quote, unquote, urljoin, urlsplit

from django.conf import settings

REDIRECTS = 5
SECONDS = 30  # for everything, redirects included
CHUNK = 64 * 1024
MOVED = {301, 302, 303, 307, 308}
PORTS = {"http": 80, "https": 443}
HOST = re.compile(r"[A-Za-z0-9_.-]+|[0-9A-Fa-f:.]+(?:%[A-Za-z0-9]+)?")
NAT64 = ipaddress.ip_network("64:ff9b::/96")
AGENT = "PolicyAudit (an auditor asked for this page once)"


class FetchReason(StrEnum):
    INVALID = "address_invalid"
    FORBIDDEN = "address_forbidden"  # host
    UNKNOWN_HOST = "address_unknown_host"  # host
    UNREACHABLE = "address_unreachable"  # host
    REDIRECTS = "address_redirects"
    STATUS = "address_status"  # status
    TOO_LARGE = "address_too_large"  # megabytes
    TOO_SLOW = "address_too_slow"  # seconds


class FetchError(Exception):
    """The page was not fetched; ``reason`` says why, ``params`` hold what a message needs."""

    def __init__(self, reason, **params):
        self.reason, self.params = reason, params
        super().__init__(reason.value)


@dataclass(frozen=True)
class Page:
    content: bytes
    url: str  # where it was in the end


@dataclass(frozen=True)
class Target:
    """A web address, taken apart and found to be one."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self):
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def is_on():
    """Whether this installation fetches at all (POLICY_URL_FETCH)."""
    return settings.POLICY_URL_FETCH


def parse(url):
    """The Target of a web address; raises FetchError for everything that is not plain http or https."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").rstrip(".").encode("idna").decode() if parts.hostname else ""
        port = parts.port or PORTS.get(parts.scheme, 0)
    except (ValueError, UnicodeError):
        raise FetchError(FetchReason.INVALID) from None
    named = parts.username is not None or parts.password is not None
    if parts.scheme not in PORTS or not HOST.fullmatch(host) or named:
        raise FetchError(FetchReason.INVALID)
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    if parts.query:
        path += "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~-._?[]")
    return Target(parts.scheme, host, port, path)


def filename_of(url):
    """What the page will be called: the last part of its path, else the host."""
    parts = urlsplit(url.strip())
    return PurePosixPath(unquote(parts.path)).name or parts.hostname or "page"


def fetch(url, *, limit, seconds=SECONDS, context=None):
    """The page at this address, at most ``limit`` bytes of it; raises FetchError. ``context`` is for HTTPS."""
    deadline = time.monotonic() + seconds
    for _hop in range(REDIRECTS + 1):
        target = parse(url)
        connection = _Connection(target, deadline, context)
        watch = threading.Timer(max(0, deadline - time.monotonic()), connection.cut)  # a server may drip for ever
        watch.daemon = True
        watch.start()
        try:
            response = connection.ask()
            if response.status not in MOVED:
                if response.status != 200:
                    raise FetchError(FetchReason.STATUS, status=response.status)
                return Page(_body(response, connection, limit), url)
            location = response.headers.get("Location")
            if not location:
                raise FetchError(FetchReason.STATUS, status=response.status)
            url = urljoin(url, location)
        except (OSError, http.client.HTTPException):
            if time.monotonic() >= deadline:
                raise FetchError(FetchReason.TOO_SLOW, seconds=seconds) from None
            raise FetchError(FetchReason.UNREACHABLE, host=target.host) from None
        finally:
            watch.cancel()
            connection.close()
    raise FetchError(FetchReason.REDIRECTS)


def is_allowed(address):
    """Whether an IP address may be asked: it is public, or in a network that the operator named."""
    address = ipaddress.ip_address(address.split("%")[0])
    if any(address in ipaddress.ip_network(network) for network in settings.POLICY_URL_NETWORKS):
        return True
    return all(_is_public(each) for each in (address, *_inside(address)))


def _is_public(address):
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _inside(address):
    """The IPv4 addresses that an IPv6 address leads to."""
    if address.version == 4:
        return []
    inside = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in NAT64:
        inside.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [each for each in inside if each]


class _Connection:
    """One request to one checked address."""

    def __init__(self, target, deadline, context):
        self.target, self.deadline = target, deadline
        self.context = context or ssl.create_default_context()
        self.http = http.client.HTTPConnection(target.host, target.port)

    def ask(self):
        self.http.sock = self.socket()
        self.http.putrequest("GET", self.target.path, skip_host=True, skip_accept_encoding=True)
        headers = {
            "Host": self.target.authority,
            "User-Agent": AGENT,
            "Accept": "text/html,application/xhtml+xml,application/pdf,text/plain;q=0.9,*/*;q=0.5",
            "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5",
            "Accept-Encoding": "gzip, identity;q=0.5",
            "Connection": "close",
        }
        for name, value in headers.items():
            self.http.putheader(name, value)
        self.http.endheaders()
        return self.http.getresponse()

    def socket(self):
        host = self.target.host
        try:
            found = socket.getaddrinfo(host, self.target.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise FetchError(FetchReason.UNKNOWN_HOST, host=host) from None
        addresses = list(dict.fromkeys(place[0] for *_kind, place in found))
        if not all(map(is_allowed, addresses)):  # one inner address among outer ones is a trap
            raise FetchError(FetchReason.FORBIDDEN, host=host)
        failure = OSError("no address")
        for address in addresses:
            try:
                plain = socket.create_connection((address, self.target.port), timeout=min(10, self.left()))
            except OSError as error:
                failure = error
                continue
            if self.target.scheme == "https":
                return self.context.wrap_socket(plain, server_hostname=host)
            return plain
        raise failure

    def left(self):
        """Seconds left of the whole; raises TimeoutError when there are none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if self.http.sock:
            self.http.sock.settimeout(left)
        return left

    def cut(self):
        """End every reading and writing, from another thread."""
        if sock := self.http.sock:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.http.close()


def _body(response, connection, limit):
    encoding = (response.headers.get("Content-Encoding") or "identity").lower()
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise FetchError(FetchReason.STATUS, status=response.status)
    unpack = zlib.decompressobj(wbits=31) if "gzip" in encoding else None
    body = bytearray()
    while True:
        connection.left()
        chunk = response.read1(CHUNK)
        if not chunk:
            break
        if unpack:
            try:
                chunk = unpack.decompress(chunk, limit + 1 - len(body))
            except zlib.error:
                raise FetchError(FetchReason.UNREACHABLE, host=connection.target.host) from None
        body += chunk
        if len(body) > limit:
            raise FetchError(FetchReason.TOO_LARGE, megabytes=limit // 1024 // 1024)
    connection.left()
    if response.length:  # the connection ended before the page did
        raise http.client.IncompleteRead(bytes(body))
    return bytes(body)
