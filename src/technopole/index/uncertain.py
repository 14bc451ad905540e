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
  errors: {jobs: 0.05, schooling: {column: schooling_se}}
```
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from technopole.observations.variables import Declaration

Finite = Annotated[float, Field(allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Stage = Literal["treat", "impute", "normalise", "aggregate", "weights"]


class Varied(Declaration):
    """One choice that varies: among options, or one parameter of a method along a range.

    `at` names an indicator (treat, impute, normalise) or a node (aggregate, weights); without, the default varies.
    `chances` are in any positive scale; without, all options have the same.
    """

    of: Stage
    at: str | None = None
    options: tuple[Any, ...] = ()
    chances: tuple[NotNegative, ...] = ()
    method: str | None = None
    parameter: str | None = None
    low: Finite | None = None
    high: Finite | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Varied:
        ranged = [self.method, self.parameter, self.low, self.high]
        if self.options and any(one is not None for one in ranged):
            raise ValueError("give either options, or method, parameter, low and high")
        if not self.options and any(one is None for one in ranged):
            raise ValueError("give options, or method, parameter, low and high")
        if self.low is not None and self.high is not None and not self.low <= self.high:
            raise ValueError(f"there is no range from {self.low:g} to {self.high:g}")
        if self.chances and (len(self.chances) != len(self.options) or not any(self.chances)):
            raise ValueError("give one chance for each option, and not all 0")
        return self

    @property
    def name(self) -> str:
        """What it is called among the factors: "normalise", "aggregate at skills"."""
        return self.of if self.at is None else f"{self.of} at {self.at}"


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
