"""Which source each of the user's rows belongs to, and how it is declared: by the base, by an adapter, or by the user."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import polars as pl

from technopole.core.errors import InputError
from technopole.core.types import LicenceClass
from technopole.editions.declared import declared_sources
from technopole.editions.own_declarations import OwnDeclarations, OwnVariable, undeclared
from technopole.editions.own_rows import IDENTIFIER
from technopole.editions.read import Edition
from technopole.observations.variables import Meta, Variable
from technopole.sources.registry import all_source_ids, load_source


def metas_of(base: Edition, rows: pl.DataFrame, declared: OwnDeclarations) -> dict[str, Meta]:
    """Declarations of all sources of the new edition, by id: the base's, the user's, and those that rows bring along.

    A variable that nobody declared is taken from its rows, if they say its unit and period.

    Raises
    ------
    InputError : a declared source or variable exists already, a row's unit or level isn't the variable's, or a row
        doesn't say enough.
    """
    metas = dict(declared_sources(base))
    for own in declared.sources:
        if own.id in metas or own.id in all_source_ids():
            raise InputError(f"there is a source {own.id!r} already:", "give yours another id.")
        metas[own.id] = own.meta()
    _refuse_twice(metas)
    for name in sorted(set(rows["source"]) - set(metas)):
        if name in all_source_ids():
            metas[name] = load_source(name).meta
        elif not re.fullmatch(IDENTIFIER, name):
            raise InputError(f"{name!r} can't be the id of a source:", "use lower case letters, digits and _.")
        else:
            metas[name] = undeclared(name, _class_of(rows, name))
    known = {one.id for meta in metas.values() for one in meta.variables}
    for name in sorted(set(rows["variable"]) - known):
        made = _from_rows(rows.filter(variable=name))
        source = str(rows.filter(variable=name)["source"][0])
        metas[source] = metas[source].model_copy(update={"variables": (*metas[source].variables, made)})
    _check_rows(rows, metas)
    return metas


def _refuse_twice(metas: Mapping[str, Meta]) -> None:
    owner: dict[str, str] = {}
    for meta in metas.values():
        for one in meta.variables:
            if one.id in owner:
                raise InputError(
                    f"{meta.id} declares the variable {one.id!r}, which is {owner[one.id]}'s:",
                    "rows may name it without declaring it again.",
                )
            owner[one.id] = meta.id


def _class_of(rows: pl.DataFrame, source: str) -> LicenceClass:
    """Class that the rows of an undeclared source agree on; unclear where they don't say."""
    said = rows.filter(source=source)["licence_class"].unique().to_list()
    return LicenceClass(said[0]) if len(said) == 1 and said[0] is not None else LicenceClass.UNCLEAR


def _from_rows(rows: pl.DataFrame) -> Variable:
    first: dict[str, Any] = rows.row(0, named=True)
    name = first["variable"]
    for what in ("unit", "period", "source", "level"):
        said = rows[what].unique().to_list()
        if len(said) != 1 or said[0] is None:
            problem = "no" if said == [None] else "more than one"
            raise InputError(
                f"{name!r} isn't declared, and {first['path']} says {problem} {what} for it:",
                "declare it (--declare), or say it in the rows.",
            )
    if not re.fullmatch(IDENTIFIER, name):
        raise InputError(f"{name!r} can't be the id of a variable:", "use lower case letters, digits and _.")
    own = OwnVariable(id=name, title=name, unit=first["unit"], period=first["period"], level=first["level"])
    return own.variable()


def _check_rows(rows: pl.DataFrame, metas: Mapping[str, Meta]) -> None:
    """Unit and level of each row are its variable's."""
    declared = {one.id: one for meta in metas.values() for one in meta.variables}
    for name, unit, level, path, row in rows.select("variable", "unit", "level", "path", "row").iter_rows():
        variable = declared[name]
        if unit is not None and unit != variable.unit:
            raise InputError(
                f"{path} row {row}: {name} is in {variable.unit}, not in {unit}:", "convert it, or give it another id."
            )
        if level != variable.level:
            raise InputError(f"{path} row {row}: {name} is about a {variable.level}, not a {level}.")
