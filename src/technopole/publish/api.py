"""The API: the functions behind the CLI, asked over HTTP. docs/api.md says how to use it.

What a request may cost is bounded by `api_shapes` (each parameter), by `api_guard` (address and body) and here: a
ranking under other weights replays the uncertainty analysis, and extreme ranks are sought by a solver (with a time
limit), so at most two of these run at once and a few may wait; others are told to come again. The edition's
tables and files are read when the server starts; the manifest and declarations of the package may be read when first
needed, by fixed names: no part of a request ever becomes a path.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any, Final

import polars as pl
from fastapi import Depends, FastAPI, Query, Request
from fastapi import Path as InPath
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.routing import Match, Route
from starlette.types import ASGIApp

from technopole.core.errors import EditionError, InputError, TechnopoleError, UnknownNameError
from technopole.editions.format import MANIFEST, TABLES
from technopole.editions.read import Edition, open_edition
from technopole.editions.trace import trace
from technopole.publish import api_shapes as shapes
from technopole.publish.api_guard import EDITION, HOSTS, JSON_TYPE, Guard, problem
from technopole.publish.city import city_page
from technopole.publish.claims import claim_list
from technopole.publish.compare import compare, why
from technopole.publish.evidence import edition_status, licence_list, source_list
from technopole.publish.explore import TYPES
from technopole.publish.extremes import extremes
from technopole.publish.finding import find_city
from technopole.publish.initiatives import initiative_list
from technopole.publish.ranking import parse_weights, rank
from technopole.publish.resolving import QUERY_SCHEMA, resolve_queries, resolver
from technopole.publish.themes import theme_list

RUNNING, WAITING = 2, 8
SECONDS: Final = 5.0
WHY: Final[Mapping[int, str]] = {
    404: "the edition has nothing of that name",
    405: "the address answers other methods only",
    422: "the request breaks a limit or the form that /openapi.json declares",
    503: "too many rankings are being computed at once",
}
PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": shapes.Problem, "description": "Unknown city, indicator, side, country or file."},
    422: {"model": shapes.Problem, "description": "A parameter or their combination can't be used."},
}
BUSY: Final[dict[int | str, dict[str, Any]]] = {
    **PROBLEMS,
    503: {"model": shapes.Problem, "description": "Too many rankings at once; see Retry-After."},
}


class NotModifiedError(Exception):
    """The reader has this answer already."""

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.tag = tag


class BusyError(Exception):
    """Too many costly requests at once."""


class Slots:
    """At most `running` at once, at most `waiting` more wait, others are refused."""

    def __init__(self, running: int = RUNNING, waiting: int = WAITING) -> None:
        self._inside = threading.BoundedSemaphore(running + waiting)
        self._running = threading.BoundedSemaphore(running)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Hold a slot; raises BusyError."""
        if not self._inside.acquire(blocking=False):
            raise BusyError
        try:
            with self._running:
                yield
        finally:
            self._inside.release()


class Tagger:
    """Entity tags: one edition, one version and one request always give one answer."""

    def __init__(self, edition: Edition) -> None:
        try:
            code = version("technopole")
        except PackageNotFoundError:  # run from a source tree
            code = "source"
        self._seed = hashlib.sha256((edition.folder / MANIFEST).read_bytes()).hexdigest() + code

    def __call__(self, request: Request) -> str:
        """Give the tag of a request; raises NotModifiedError when the reader sent the same."""
        asked = f"{self._seed}\n{request.url.path}\n{request.url.query}"
        # weak: the compressed answer has the same one
        tag = f'W/"{hashlib.sha256(asked.encode("utf-8", "backslashreplace")).hexdigest()[:32]}"'
        known = [one.strip() for one in request.headers.get("if-none-match", "").split(",")]
        if tag in known or tag.removeprefix("W/") in known:
            raise NotModifiedError(tag)
        return tag


def read_all(edition: Edition) -> dict[str, bytes]:
    """Read every table that an answer needs, and every file: name -> content.

    Raises
    ------
    EditionError : a file is absent, or isn't what the manifest says.
    """
    files = {MANIFEST: (edition.folder / MANIFEST).read_bytes()}
    for name, pinned in edition.manifest["files"].items():
        path = edition.folder / name
        files[name] = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(files[name]).hexdigest() != pinned["sha256"]:
            raise EditionError(f"{name} doesn't match its checksum:", "restore it, or rebuild the edition.")
    for name in TABLES:
        edition.table(name)
    edition.frame()
    resolver(edition.folder)
    edition.framework()
    edition.catalogue()
    claim_list(edition)
    for slug in edition.frame()["slug"]:
        initiative_list(slug)
    return files


def app_from_environment() -> ASGIApp:
    """Make the application in a worker of `technopole serve`."""
    folder = os.environ.get(EDITION)
    hosts = frozenset(filter(None, os.environ.get(HOSTS, "").split(",")))
    return make_app(open_edition(Path(folder) if folder else None), hosts)


def make_app(edition: Edition, hosts: frozenset[str] = frozenset()) -> ASGIApp:
    """Make the application over one edition.

    Parameters
    ----------
    hosts : names that requests may use (without port); empty: any.
    """
    compressed = (*DEFAULT_EXCLUDED_CONTENT_TYPES, TYPES[".parquet"])
    return Guard(
        GZipMiddleware(api(edition), minimum_size=1000, compresslevel=5, exclude_content_types=compressed), hosts
    )


def api(edition: Edition) -> FastAPI:
    """The routes, without what stands around them."""
    app = FastAPI(
        title="Technopole",
        description="The most high-tech and innovative cities, from open data. Answers are those of the CLI's --json.",
        version="1",
        docs_url=None,  # the page of FastAPI would load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    _handle(app)
    files, slots, tagger = read_all(edition), Slots(), Depends(Tagger(edition))
    _tables(app, edition, slots, tagger)
    _pairs(app, edition, tagger)
    _said(app, edition, tagger)
    _extremes(app, edition, slots)
    _names(app, edition)
    _evidence(app, edition, files, tagger)
    routes = sorted(app.openapi()["paths"])

    @app.get("/", responses={200: {"model": shapes.HomeShape}})
    def home() -> Response:
        """What is here."""
        return _json({"name": "technopole", "edition": edition.id, "openapi": "/openapi.json", "routes": routes})

    app.openapi_schema = None  # with the route above
    return app


def _tables(app: FastAPI, edition: Edition, slots: Slots, tagger: Any) -> None:
    @app.get("/v1/rank", responses={200: {"model": shapes.RankShape}, **BUSY})
    def get_rank(asked: Annotated[shapes.RankAsked, Query()], tag: str = tagger) -> Response:
        """The league table, with other weights if wanted."""
        weights = parse_weights(asked.weights)
        with slots.one() if weights else nullcontext():
            ranking = rank(
                edition,
                lens=asked.lens,
                side=asked.side,
                boundary=asked.boundary,
                weights=weights,
                countries=asked.country,
                min_population=asked.min_population,
                top=asked.top,
                everything=asked.all,
            )
        return _json(ranking.to_json(), tag)

    @app.get("/v1/city/{name}", responses={200: {"model": shapes.CityShape}, **PROBLEMS})
    def get_city(
        name: Annotated[str, InPath(min_length=1, max_length=shapes.LONGEST_NAME, description=shapes.CITY_HELP)],
        asked: Annotated[shapes.Where, Query()],
        tag: str = tagger,
    ) -> Response:
        """One city: ranks, pillars, indicators, strengths, weaknesses, and what is missing."""
        return _json(city_page(edition, find_city(edition, name), asked.lens, asked.boundary), tag)


def _said(app: FastAPI, edition: Edition, tagger: Any) -> None:
    @app.get("/v1/claims", responses={200: {"model": list[shapes.ClaimShape]}, **PROBLEMS})
    def get_claims(asked: Annotated[shapes.OfCity, Query()], tag: str = tagger) -> Response:
        """The claims of the article, with verdict and evidence."""
        slug = None if asked.city is None else find_city(edition, asked.city)["slug"]
        return _json(claim_list(edition, slug), tag)

    @app.get("/v1/initiatives", responses={200: {"model": list[shapes.InitiativeShape]}, **PROBLEMS})
    def get_initiatives(asked: Annotated[shapes.InitiativesAsked, Query()], tag: str = tagger) -> Response:
        """What a city does, each entry with the source that was read."""
        return _json(initiative_list(find_city(edition, asked.city)["slug"]), tag)


def _extremes(app: FastAPI, edition: Edition, slots: Slots) -> None:
    @app.get("/v1/extremes", responses={200: {"model": shapes.ExtremesShape}, **BUSY})
    def get_extremes(asked: Annotated[shapes.ExtremesAsked, Query()]) -> Response:
        """Best and worst rank that a city can have under any weights of a set, with the weights that prove it."""
        name = find_city(edition, asked.city)["slug"]
        with slots.one():
            found = extremes(
                edition, lens=asked.lens, side=asked.side, boundary=asked.boundary, kind=asked.set, cities=[name],
                seconds=SECONDS,
            )  # fmt: skip
        return _json(found.to_json())  # no tag: a time limit may end it elsewhere


def _pairs(app: FastAPI, edition: Edition, tagger: Any) -> None:
    @app.get("/v1/compare", responses={200: {"model": shapes.CompareShape}, **PROBLEMS})
    def get_compare(asked: Annotated[shapes.CompareAsked, Query()], tag: str = tagger) -> Response:
        """Two to five cities side by side."""
        found = [find_city(edition, name) for name in asked.city]
        return _json(compare(edition, found, lens=asked.lens, boundary=asked.boundary), tag)

    @app.get("/v1/why", responses={200: {"model": shapes.WhyShape}, **PROBLEMS})
    def get_why(asked: Annotated[shapes.WhyAsked, Query()], tag: str = tagger) -> Response:
        """What makes the gap between two cities, indicator by indicator, summing to the gap."""
        a, b = find_city(edition, asked.a), find_city(edition, asked.b)
        return _json(why(edition, a, b, lens=asked.lens, side=asked.side, boundary=asked.boundary), tag)

    @app.get("/v1/trace", responses={200: {"model": shapes.TraceShape}, **PROBLEMS})
    def get_trace(asked: Annotated[shapes.TraceAsked, Query()], tag: str = tagger) -> Response:
        """Where a number is from: upstream file, hash and rows, licence, and what it adds to the score."""
        indicator = edition.catalogue().get(asked.indicator)
        return _json(trace(edition, find_city(edition, asked.city), indicator, asked.lens, asked.boundary), tag)


def _names(app: FastAPI, edition: Edition) -> None:
    @app.get("/v1/resolve", responses={200: {"model": list[shapes.Resolved]}, **PROBLEMS})
    def get_resolve(asked: Annotated[shapes.ResolveAsked, Query()]) -> Response:
        """The city that a name or a point belongs to, or why none."""
        return _json(_resolved(edition, [asked]))

    @app.post("/v1/resolve", responses={200: {"model": list[shapes.Resolved]}, **PROBLEMS})
    def post_resolve(asked: shapes.ResolveMany) -> Response:
        """Many names and points at once, in their order."""
        return _json(_resolved(edition, asked.queries))


def _resolved(edition: Edition, asked: Sequence[shapes.ResolveAsked]) -> list[dict[str, Any]]:
    rows = [one.model_dump() for one in asked]
    for place, row in enumerate(rows):
        if (row["lat"] is None) != (row["lon"] is None):
            raise InputError(f"query {place + 1} has half a point:", "give both lat and lon.")
        if all(cell is None for cell in row.values()):
            raise InputError(f"query {place + 1} is empty:", "give a name, or lat and lon.")
    return resolve_queries(edition, pl.DataFrame(rows, schema=QUERY_SCHEMA))


def _evidence(app: FastAPI, edition: Edition, files: Mapping[str, bytes], tagger: Any) -> None:
    def listed(path: str, shape: Any, make: Callable[[], Any], summary: str) -> None:
        content = _json_bytes(make())  # the same for every reader

        @app.get(path, responses={200: {"model": shape}}, summary=summary, operation_id=path.removeprefix("/v1/"))
        def get_listed(tag: str = tagger) -> Response:
            return _answer(content, JSON_TYPE, tag)

    listed("/v1/themes", list[shapes.ThemeShape], lambda: theme_list(edition), "What measures each theme.")
    listed("/v1/sources", list[shapes.SourceShape], lambda: source_list(edition), "The sources.")
    listed("/v1/licences", list[shapes.LicenceShape], lambda: licence_list(edition), "Licences and citations.")
    listed("/v1/edition", shapes.EditionShape, lambda: _edition(edition, files), "The edition and its files.")

    @app.get(
        "/v1/edition/files/{name:path}",
        responses={200: {"content": {_kind(one): {} for one in files}}, **PROBLEMS},
        response_class=Response,
    )
    def get_file(
        name: Annotated[
            str,
            InPath(min_length=1, max_length=shapes.LONGEST_NAME, description="As /v1/edition lists it."),
        ],
        tag: str = tagger,
    ) -> Response:
        """One file of the edition, as /v1/edition lists it."""
        if name not in files:
            raise UnknownNameError(f"the edition has no file {name!r}:", "see /v1/edition for its files.")
        return _answer(files[name], _kind(name), tag)


def _kind(name: str) -> str:
    return TYPES.get(Path(name).suffix, "application/octet-stream")


def _edition(edition: Edition, files: Mapping[str, bytes]) -> dict[str, Any]:
    status = {key: value for key, value in edition_status(edition).items() if key != "folder"}
    listed = [
        {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in sorted(files.items())
    ]
    return {**status, "files": listed}


def _json_bytes(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace") + b"\n"


def _json(value: Any, tag: str | None = None) -> Response:
    return _answer(_json_bytes(value), JSON_TYPE, tag)


def _answer(content: bytes, kind: str, tag: str | None) -> Response:
    # no-cache: keep it, but ask with the tag before using it again
    headers = {"Cache-Control": "no-cache"} | ({} if tag is None else {"ETag": tag})
    return Response(content, media_type=kind, headers=headers)


def _problem(status: int, error: str, what_to_do: str, headers: Mapping[str, str] | None = None) -> Response:
    body = problem(error, WHY.get(status, "this server couldn't answer"), what_to_do)
    return Response(body, status, {"Cache-Control": "no-store", **(headers or {})}, JSON_TYPE)


def _allowed(app: FastAPI, request: Request) -> str:
    here = [route for route in app.routes if isinstance(route, Route) and route.matches(request.scope)[0] != Match.NONE]
    return ", ".join(sorted({method for route in here for method in route.methods or ()}))


def _handle(app: FastAPI) -> None:
    """Every error becomes one line of JSON."""

    @app.exception_handler(TechnopoleError)
    def _own(_: Request, error: TechnopoleError) -> Response:
        status = 404 if isinstance(error, UnknownNameError) else 422 if isinstance(error, InputError) else 500
        return _problem(status, error.what.rstrip(":"), error.remedy)

    @app.exception_handler(RequestValidationError)
    def _invalid(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        place = " ".join(str(part) for part in first["loc"])
        return _problem(422, f"{place}: {first['msg']}", "See /openapi.json for each parameter and its limits.")

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> Response:
        if error.status_code == 405:
            return _problem(405, "no such method here", "See /openapi.json.", {"Allow": _allowed(app, request)})
        status = 422 if error.status_code == 400 else error.status_code  # a body that isn't JSON
        return _problem(status, str(error.detail), "See /openapi.json.")

    @app.exception_handler(NotModifiedError)
    def _unchanged(_: Request, error: NotModifiedError) -> Response:
        return Response(status_code=304, headers={"ETag": error.tag, "Cache-Control": "no-cache"})

    @app.exception_handler(BusyError)
    def _busy(_: Request, __: BusyError) -> Response:
        return _problem(503, "the server is busy", "Ask again in a few seconds.", {"Retry-After": "5"})

    @app.exception_handler(Exception)
    def _unforeseen(_: Request, error: Exception) -> Response:
        traceback.print_exception(error, file=sys.stderr)
        return _problem(500, "an error of the server", "Report it with the address that you asked for.")
