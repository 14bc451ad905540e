"""The one tree of exceptions. Each message says what is wrong, why, and what to do, in one line."""

from __future__ import annotations


class TechnopoleError(Exception):
    """Base of every error that is the input's or the data's fault; the CLI prints it as one line, exit 1.

    Parameters
    ----------
    what : the thing and the rule that it broke.
    remedy : what the reader can do next.
    """

    def __init__(self, what: str, remedy: str = "") -> None:
        self.what = " ".join(str(what).split())
        self.remedy = " ".join(str(remedy).split())
        super().__init__(f"{self.what} {self.remedy}".strip())


class InputError(TechnopoleError):
    """The user's own input (a file, an option, a table) can't be used."""


class UnknownNameError(InputError):
    """A city, country, indicator, pillar or key that isn't known; the remedy suggests near names."""


class UpstreamError(TechnopoleError):
    """An upstream file is absent, truncated, changed, or not in the form that its reader expects."""


class SourceCheckError(TechnopoleError):
    """A source's observations fail its declared checks (a unit error, a silent drop, an expired correction)."""


class FrameworkError(InputError):
    """A framework (YAML) or an indicator declaration breaks its schema."""


class EditionError(TechnopoleError):
    """An edition is absent, incomplete, or its files don't match its checksums."""


class LicenceError(TechnopoleError):
    """An observation whose licence class may not be shipped would enter an edition."""
