"""One Hypothesis profile: no deadline, because a loaded machine isn't a failure of the code."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("technopole", deadline=None, max_examples=60)
settings.load_profile("technopole")
