"""Write docs/reference/ from the program itself: commands, and functions for Python.

``python -m technopole.cli.reference`` renews the pages; a test fails when one of them is stale.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import technopole

WRITTEN: Final = "<!-- written by python -m technopole.cli.reference -->\n"


def commands_page() -> str:
    """Every command with its arguments and options."""
    from typer.main import get_command

    from technopole.cli.main import app

    parts = [
        WRITTEN,
        "# Commands\n",
        "Results go to standard output, progress and errors to standard error. Exit status: 0 done, 1 the work failed "
        "or its input is wrong, 2 the command line's form is wrong. `--debug` before any command shows a traceback.\n",
    ]
    for path, command in _walk(get_command(app), ()):
        parts.append(_command(path, command))
    return "\n".join(parts)


def _walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Commands below a group in the order of --help, hidden ones left out."""
    if path:
        yield path, command
    for name, child in getattr(command, "commands", {}).items():
        if not child.hidden:
            yield from _walk(child, (*path, name))


def _command(path: tuple[str, ...], command: Any) -> str:
    shown = [one for one in command.params if not getattr(one, "hidden", False) and one.name != "help"]
    arguments = [one for one in shown if one.param_type_name == "argument"]
    words = [_argument(one) for one in arguments]
    usage = " ".join(["technopole", *path, *words])
    lines = [f"## {' '.join(path)}\n", f"    {usage}\n", f"{_text(command.help)}\n"]
    rows = [_row(one) for one in shown]
    if rows:
        lines += ["| argument or option | what |", "|---|---|", *rows, ""]
    return "\n".join(lines)


def _argument(one: Any) -> str:
    name = (one.metavar or one.name.upper()).strip("[]").rstrip("….")
    name += "…" if one.nargs == -1 else ""
    return name if one.required else f"[{name}]"


def _row(one: Any) -> str:
    if one.param_type_name == "argument":
        return f"| `{_argument(one)}` | {_text(one.help)} |"
    names = ", ".join(f"`{name}`" for name in (*one.opts, *one.secondary_opts))
    default = one.default() if callable(one.default) else one.default
    plain = isinstance(default, (int, float, str)) and not isinstance(default, bool) and default != ""
    more = [f"default `{default}`"] if plain else []
    if one.envvar:
        more.append(f"environment variable `{one.envvar}`")
    if one.multiple:
        more.append("repeatable")
    return f"| {names} | {_text(one.help)}{' (' + '; '.join(more) + ')' if more else ''} |"


def _text(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|").replace("<", "&lt;")


def python_page() -> str:
    """Every function that the package exports."""
    parts = [
        WRITTEN,
        "# Python\n",
        "The functions that stand behind the commands. Types travel with the package.\n",
        "    import technopole as tp\n",
    ]
    for name in technopole.__all__:
        function = getattr(technopole, name)
        parts.append(f"## {name}\n\n    tp.{name}{_signature(function)}\n\n{_docstring(function)}")
    return "\n".join(parts)


def _signature(function: Callable[..., object]) -> str:
    return str(inspect.signature(function)).replace("'", "")


def _docstring(function: Callable[..., object]) -> str:
    text = inspect.getdoc(function) or ""
    if "\n" not in text:
        return text.replace("<", "&lt;") + "\n"
    first, rest = text.split("\n", 1)
    return f"{first}\n\n" + "\n".join(f"    {line}".rstrip() for line in rest.strip("\n").split("\n")) + "\n"


PAGES: Final[dict[str, Callable[[], str]]] = {
    "commands.md": commands_page,
    "python.md": python_page,
}


def main() -> None:
    """Write the pages into docs/reference/ of the checkout."""
    from technopole.editions.shipped import repository

    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else repository() / "docs" / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
