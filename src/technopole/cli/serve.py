"""`technopole serve`: the API."""

from __future__ import annotations

from typing import Annotated

import typer

from technopole.cli.options import EditionFolder
from technopole.core.errors import InputError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="serve")(serve)


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than loopback are open to the network.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.", min=0, max=65535)] = 8350,
    workers: Annotated[int, typer.Option(help="Processes that answer.", min=1, max=16)] = 1,
    edition: EditionFolder = None,
) -> None:
    """Answer over HTTP what the other commands answer here: OpenAPI at /openapi.json (needs technopole[serve])."""
    import importlib.util
    import ipaddress
    import multiprocessing
    import os

    from technopole.cli.output import say
    from technopole.editions.licences import check_exportable
    from technopole.editions.read import open_edition, verify_edition

    for package in ("fastapi", "granian"):
        if importlib.util.find_spec(package) is None:
            raise InputError(f"serve needs the package {package}.", "Install technopole[serve].")
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings

    from technopole.publish.api_guard import EDITION, HOSTS

    address = "127.0.0.1" if host == "localhost" else host
    try:
        loopback = ipaddress.ip_address(address).is_loopback
    except ValueError:
        raise InputError(f"{host!r} is no address:", "give an IP address, such as 127.0.0.1 or 0.0.0.0.") from None
    opened = open_edition(edition)
    verify_edition(opened)
    if not loopback:
        check_exportable(opened)
    port = _free_port(address, port)
    shown = f"[{address}]" if ":" in address else address
    os.environ[EDITION] = str(opened.folder.resolve())
    os.environ[HOSTS] = ",".join([shown, "localhost"]) if loopback else ""
    if not loopback:
        say(f"{host} is open to the network: anyone who reaches it can ask")
    typer.echo(f"http://{shown}:{port}/")
    say(f"edition {opened.id}; Ctrl-C ends it")
    # a forked worker would wait forever for the threads that reading the edition has started here
    multiprocessing.set_start_method("spawn", force=True)
    Granian(
        "technopole.publish.api:app_from_environment",
        factory=True,
        address=address,
        port=port,
        interface=Interfaces.ASGINL,
        workers=workers,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=10_000, max_buffer_size=64 * 1024),
        websockets=False,
        backpressure=64,
        log_enabled=bool(os.environ.get("TECHNOPOLE_DEBUG")),
        workers_kill_timeout=5,
    ).serve()


def _free_port(address: str, port: int) -> int:
    """Check that the port can be had, before the server's own threads would fail on it; 0 finds one."""
    import socket

    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise InputError(
                f"port {port} of {address} can't be used: {error.strerror}.", "Give another --port."
            ) from error
        return int(probe.getsockname()[1])
