"""What stands around every answer of the API: limits before it, safe headers after it. Plain ASGI.

A request is refused before anything is computed when its host isn't one that this server was told of (a page elsewhere
could point its own name at this machine), when its address or body is too long, or when the body doesn't arrive.
HEAD is answered as GET without the body.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

EDITION: Final = "TECHNOPOLE_EDITION"
HOSTS: Final = "TECHNOPOLE_HOSTS"
"""Environment variables by which `technopole serve` tells its workers the folder, and the host names it answers to."""
LONGEST_QUERY: Final = 16_384
MOST_BODY: Final = 512 * 1024
BODY_SECONDS: Final = 10.0
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
JSON_TYPE: Final = "application/json; charset=utf-8"


def problem(error: str, why: str, what_to_do: str) -> bytes:
    """One line of JSON that says what is wrong, which rule it broke, and what to do."""
    shape = {"error": error, "why": why, "what_to_do": what_to_do}
    return json.dumps(shape, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


class RefusedError(Exception):
    """A request that isn't passed on."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


class Guard:
    """ASGI middleware: hosts, limits, headers, HEAD.

    Parameters
    ----------
    hosts : names by which this server may be asked (without port); empty: any.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str] = frozenset()) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        silent = scope["method"] == "HEAD"

        async def answered(message: Message) -> None:
            if message["type"] == "http.response.start":
                named = {name.encode().lower(): value.encode() for name, value in HEADERS.items()}
                kept = [(name, value) for name, value in message["headers"] if name.lower() not in named]
                message = {**message, "headers": [*kept, *named.items()]}
            elif silent and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        try:
            self._check(scope)
            body = await _whole_body(receive)
        except RefusedError as refused:
            headers = [(b"content-type", JSON_TYPE.encode()), (b"content-length", str(len(refused.body)).encode())]
            await answered({"type": "http.response.start", "status": refused.status, "headers": headers})
            await answered({"type": "http.response.body", "body": refused.body})
            return
        await self.app({**scope, "method": "GET" if silent else scope["method"]}, _replayed(body, receive), answered)

    def _check(self, scope: Scope) -> None:
        host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        if self.hosts and name.lower() not in self.hosts:
            what = "Ask by the address that `technopole serve` printed, or start it with --host."
            raise RefusedError(421, problem("this server has another name", "only its own address is answered", what))
        if len(scope["path"]) + len(scope.get("query_string", b"")) > LONGEST_QUERY:
            why = f"at most {LONGEST_QUERY} characters are read"
            raise RefusedError(414, problem("the address is too long", why, "Ask for less at once."))


async def _whole_body(receive: Receive) -> bytes:
    """Read the body up to its limit."""
    parts: list[bytes] = []
    size, more = 0, True
    while more:
        try:
            message = await asyncio.wait_for(receive(), BODY_SECONDS)
        except TimeoutError:
            why = f"it must come within {BODY_SECONDS:.0f} seconds"
            raise RefusedError(408, problem("the body didn't arrive", why, "Send it again.")) from None
        if message["type"] == "http.disconnect":
            break
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = bool(message.get("more_body", False))
        if size > MOST_BODY:
            why = f"at most {MOST_BODY} bytes are read"
            raise RefusedError(413, problem("the body is too long", why, "Send it in several parts."))
    return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
