"""How upstream servers are asked: which addresses, in whose name, how patiently, and where a redirect may lead.

Addresses are https, or http on this machine (loopback: a mirror of one's own). A redirect within one server is
followed, one to elsewhere isn't: a pinned address names its server. The proxies of the environment serve https.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from technopole.core.errors import InputError, UpstreamError

if TYPE_CHECKING:
    import httpx

MISSING: Final = "pip install 'technopole[build]'."
REDIRECTS: Final = 5
PASSING_STATUS: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers after which asking again may help."""


@dataclass(frozen=True)
class Manners:
    """How patiently a server is asked, and how often at once.

    Attributes
    ----------
    timeout_seconds : to connect, and for each silence within an answer.
    attempts : how often one file is asked for, at most.
    pause_seconds : before the second attempt; doubled before each further one.
    longest_pause_seconds : bound of a pause, also of one that the server asks for (Retry-After).
    least_bytes_per_second : an answer slower than this (beyond the timeout) is given up; what came is kept.
    parallel : files asked for at once.
    """

    timeout_seconds: float = 30.0
    attempts: int = 4
    pause_seconds: float = 1.0
    longest_pause_seconds: float = 60.0
    least_bytes_per_second: float = 16_000.0
    parallel: int = 4

    def pause(self, attempt: int, asked: float | None) -> float:
        """Seconds to wait after the failed `attempt` (from 1), of which the server may have asked for some."""
        return min(self.longest_pause_seconds, max(asked or 0.0, self.pause_seconds * 2.0 ** (attempt - 1)))


class PassingError(Exception):
    """A failure after which asking again may help.

    Parameters
    ----------
    wait : seconds that the server asks to wait, or None.
    unreachable : no connection came about.
    """

    def __init__(self, what: str, wait: float | None = None, *, unreachable: bool = False) -> None:
        super().__init__(what)
        self.wait = wait
        self.unreachable = unreachable


def check_address(url: str) -> None:
    """Refuse any address but https, or http on this machine.

    Raises
    ------
    UpstreamError : another scheme, no server, or a user name in it.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UpstreamError(f"{url!r} is no address: {error}.") from error
    if not host or parts.username is not None:
        raise UpstreamError(f"{url!r} is no address that we ask:", "https://server/path is.")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise UpstreamError(
            f"{url} isn't https:", "only a server on this machine (127.0.0.1, localhost) is asked without."
        )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name or number; no name is looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@contextmanager
def web_client(manners: Manners) -> Iterator[httpx.Client]:
    """Give an HTTP client that several threads may share.

    Raises
    ------
    InputError : httpx isn't installed.
    """
    try:
        import httpx
    except ImportError as error:
        raise InputError("asking upstream servers needs the package httpx:", MISSING) from error
    try:
        release = version("technopole")
    except PackageNotFoundError:
        release = "0"
    direct = {f"http://{host}": None for host in ("localhost", "127.0.0.1", "[::1]")}
    with httpx.Client(
        # identity: sizes, ranges and hashes are those of the file itself
        headers={"User-Agent": f"technopole/{release}", "Accept-Encoding": "identity"},
        timeout=manners.timeout_seconds,
        limits=httpx.Limits(max_connections=manners.parallel, max_keepalive_connections=manners.parallel),
        follow_redirects=False,
        mounts=direct,
    ) as client:
        yield client


@contextmanager
def answer(
    client: httpx.Client, url: str, headers: Mapping[str, str] | None = None, method: str = "GET"
) -> Iterator[httpx.Response]:
    """Ask for an address, follow redirects within its server, and give the answer to be streamed.

    Raises
    ------
    PassingError : the connection failed or broke, or the server is busy.
    UpstreamError : a redirect to elsewhere, too many of them, an answer that isn't HTTP or is compressed unasked.
    """
    import httpx

    try:
        for _ in range(REDIRECTS + 1):
            check_address(url)
            with client.stream(method, url, headers=dict(headers or {})) as response:
                if response.has_redirect_location:
                    url = _within_server(url, response.headers["location"])
                    continue
                if response.status_code in PASSING_STATUS:
                    raise PassingError(f"the server answers {_status(response)}", _retry_after(response))
                if response.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
                    raise UpstreamError(f"{url}: the server compresses its answer unasked:", "take it from a mirror.")
                yield response
                return
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise PassingError(f"no connection to {urlsplit(url).netloc} ({_reason(error)})", unreachable=True) from error
    except httpx.TimeoutException as error:
        raise PassingError("the server is silent for too long") from error
    except httpx.TransportError as error:
        raise PassingError(f"the connection broke ({_reason(error)})") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise UpstreamError(f"{url}: {_reason(error)}.") from error
    raise UpstreamError(f"{url}: more than {REDIRECTS} redirects:", "take it from a mirror.")


def refuse(url: str, response: httpx.Response) -> UpstreamError:
    """Error for an answer that asking again won't change."""
    return UpstreamError(
        f"the server answers {_status(response)} ({url}):", "it may have moved; `technopole data refresh` looks."
    )


def _status(response: httpx.Response) -> str:
    return f"{response.status_code} {response.reason_phrase}".strip()


def _within_server(url: str, location: str) -> str:
    there = urljoin(url, location)
    try:
        here, other = urlsplit(url), urlsplit(there)
        same = (here.scheme, here.hostname, here.port) == (other.scheme, other.hostname, other.port)
    except ValueError:
        same = False
    if not same:
        raise UpstreamError(f"{url} redirects to elsewhere ({there[:200]}):", "that isn't followed; check the address.")
    return there


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds that the server asks to wait; None where it doesn't, or not in a form that we know."""
    text = response.headers.get("retry-after", "")
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        then = parsedate_to_datetime(text)
        now = parsedate_to_datetime(response.headers.get("date", ""))
        return max(0.0, (then - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text[:200]
