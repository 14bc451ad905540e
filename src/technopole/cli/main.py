"""The command line. Each command imports what it needs when it runs, so that --help is quick."""

from __future__ import annotations

import os
import sys

import typer

from technopole.cli import (
    attribute,
    audit,
    boundaries,
    city,
    claims,
    combine,
    compare,
    data,
    diff,
    explore,
    extremes,
    fetch,
    framework,
    initiatives,
    measure,
    momentum,
    plot,
    rank,
    refresh,
    report,
    resolve,
    score,
    sensitivity,
    serve,
    themes,
    trace,
    uncertainty,
    validate,
    whatif,
)
from technopole.core.errors import TechnopoleError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="The most high-tech and innovative cities of the world, ranked from open data with honest intervals.",
)
attribute.register(app)
app.add_typer(measure.app, name="measure")
rank.register(app)
city.register(app)
trace.register(app)
resolve.register(app)
framework.register(app)
score.register(app)
compare.register(app)
validate.register(app)
themes.register(app)
initiatives.register(app)
momentum.register(app)
boundaries.register(app)
explore.register(app)
uncertainty.register(app)
sensitivity.register(app)
extremes.register(app)
whatif.register(app)
serve.register(app)
report.register(app)
plot.register(app)
diff.register(data.app)
fetch.register(data.app)
refresh.register(data.app)
combine.register(data.app)
app.add_typer(data.app, name="data")
app.add_typer(audit.app, name="audit")
app.add_typer(claims.app, name="claims")


@app.callback()
def options(
    debug: bool = typer.Option(False, "--debug", help="Show a traceback when something fails."),
) -> None:
    """Options that stand before any command."""
    if debug:
        os.environ["TECHNOPOLE_DEBUG"] = "1"


def main() -> None:
    """Run the command line; exit status 0 done, 1 failed, 2 wrong form."""
    try:
        app()
    except TechnopoleError as error:
        if os.environ.get("TECHNOPOLE_DEBUG"):
            raise
        sys.stderr.write(f"technopole: {error}\n")
        sys.exit(1)
    except BrokenPipeError:
        # the reader of a pipe has gone (`technopole rank | head`): nothing is wrong
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        if os.environ.get("TECHNOPOLE_DEBUG"):
            raise
        sys.stderr.write(f"technopole: {error.filename or 'a file'}: {error.strerror or error}.\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
