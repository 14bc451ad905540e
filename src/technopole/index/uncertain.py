"""What of a user's framework is uncertain, and how much: choices, weights, errors of measurement. As declared in YAML.

```yaml
uncertainty:
  replicates: 1000
  seed: 0
  weights: {kind: bounded, factor: 2}
  choices:
    - {of: normalise, options: [{method: min_max, low: 1}, rank], chances: [2, 1]}
    - {of: aggregate, at: skills, options: [arithmetic, geometric]}
    - {of: aggregate, at: readiness, method: generalised_mean, parameter: power, low: 0.2, high: 1}
    - {of: screen, parameter: least_share, low: 0.5, high: 0.8}
    - {of: denominator, at: jobs, options: [population, workers, none]}
  errors: {jobs: 0.05, schooling: {column: schooling_se}}
```
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, model_validator

from technopole.observations.variables import Declaration

Finite = Annotated[float, Field(allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Stage = Literal[
    "treat", "impute", "normalise", "aggregate", "weights", "screen", "panel", "direction", "denominator", "weight"
]
METHODS: Final = frozenset({"treat", "impute", "normalise", "aggregate", "weights"})
"""Stages whose options are methods; of the others some are of the whole index, some of one indicator or node."""
WHOLE: Final = frozenset({"screen", "panel"})
RANGED: Final = {"screen": ("parameter", "low", "high"), "weight": ("low", "high")}
"""What a range needs where it isn't one of a method."""


class Varied(Declaration):
    """One choice that varies: among options, or a number along a range.

    `at` names an indicator (treat, impute, normalise), a node (aggregate, weights), either of them (weight: 0 leaves it
    out), or without it the default varies; `direction` and `denominator` (a column, or none) always are an
    indicator's. `screen` and `panel` are of the whole index: what an option doesn't name stays. A range is of one
    parameter of a method (its others as given with it), of a share of `screen`, or of a weight. `chances` are in any
    positive scale; without, all options have the same.
    """

    of: Stage
    at: str | None = None
    options: tuple[Any, ...] = ()
    chances: tuple[NotNegative, ...] = ()
    method: str | dict[str, Any] | None = None
    parameter: str | None = None
    low: Finite | None = None
    high: Finite | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Varied:
        if (self.of in WHOLE) == (self.at is not None) and self.of not in METHODS:
            raise ValueError(f"{self.of} is of the whole index" if self.at else f"say `at` which the {self.of} varies")
        ranged = {name for name in ("method", "parameter", "low", "high") if getattr(self, name) is not None}
        needed = RANGED.get(self.of, ("method", "parameter", "low", "high"))
        if self.of not in METHODS and self.of not in RANGED and not self.options:
            raise ValueError(f"give options of the {self.of}")
        if self.options and ranged:
            raise ValueError(f"give either options, or {_listed(needed)}")
        if not self.options and ranged != set(needed):
            raise ValueError(f"give options, or {_listed(needed)}")
        if self.low is not None and self.high is not None and not self.low <= self.high:
            raise ValueError(f"there is no range from {self.low:g} to {self.high:g}")
        if self.chances and (len(self.chances) != len(self.options) or not any(self.chances)):
            raise ValueError("give one chance for each option, and not all 0")
        return self

    @property
    def name(self) -> str:
        """What it is called among the factors: "normalise", "aggregate at skills"."""
        return self.of if self.at is None else f"{self.of} at {self.at}"

    def along(self, value: float) -> Any:
        """What a value of the range is as an option."""
        if self.of == "weight":
            return value
        if self.of == "screen":
            return {self.parameter: value}
        others = self.method if isinstance(self.method, dict) else {"method": self.method}
        return {**others, self.parameter: value}


def _listed(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


class VariedWeights(Declaration):
    """How weights vary, node after node among siblings.

    bounded: each between 1/factor and factor times what it is, log-uniform. dirichlet: shares around what they are;
    concentration 1 around equal weights is all weights alike. fixed: not at all.
    """

    kind: Literal["bounded", "dirichlet", "fixed"] = "bounded"
    factor: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 2.0
    concentration: Positive = 1.0


class MeasuredError(Declaration):
    """Error of an indicator (after its denominator): relative (v exp(e z)), absolute (v + s z), or s from a column."""

    relative: NotNegative | None = None
    absolute: NotNegative | None = None
    column: str | None = None

    @model_validator(mode="after")
    def _one(self) -> MeasuredError:
        if sum(one is not None for one in (self.relative, self.absolute, self.column)) != 1:
            raise ValueError("give one of relative, absolute, column")
        return self


def _relative_alone(value: object) -> object:
    if isinstance(value, Mapping | MeasuredError):
        return value
    return {"relative": value}


class Uncertain(Declaration):
    """Everything that varies between the replicates of an index."""

    replicates: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
    seed: Annotated[int, Field(ge=0)] = 0
    weights: VariedWeights = VariedWeights()
    choices: tuple[Varied, ...] = ()
    errors: dict[str, Annotated[MeasuredError, BeforeValidator(_relative_alone)]] = Field(default_factory=dict)
    least_win: Annotated[float, Field(gt=0, le=1)] = 0.05

    @model_validator(mode="after")
    def _each_once(self) -> Uncertain:
        names = [one.name for one in self.choices]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{twice[0]!r} varies twice")
        return self
