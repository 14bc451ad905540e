"""The sources' declarations as an edition carries them, so that an old edition is read by its own words."""

from __future__ import annotations

from technopole.editions.read import Edition
from technopole.observations.variables import Meta, Variable


def declared_sources(edition: Edition) -> dict[str, Meta]:
    """Declarations of the sources of an edition, by id; without their files and corrections, which it doesn't keep."""
    keys = set(Meta.model_fields)
    return {
        name: Meta.model_validate({**{key: one for key, one in source.items() if key in keys}, "id": name, "files": ()})
        for name, source in edition.sources.items()
    }


def declared_variables(edition: Edition) -> dict[str, tuple[Meta, Variable]]:
    """Variables of an edition with their source, by id."""
    return {one.id: (meta, one) for meta in declared_sources(edition).values() for one in meta.variables}
