"""Each row of docs/guides/from-coinr.md on COINr's own example: every key of a framework and every command runs."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

from technopole.index.generic import parse_generic
from technopole.index.imeta import framework_from_imeta
from technopole.index.scoring import score

ASEM = Path(__file__).parents[3] / "shared" / "golden" / "asem"
GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "from-coinr.md").read_text(encoding="utf-8")
OF_INDICATOR = ("treat", "impute", "normalise", "denominator", "per")
SNIPPETS = sorted(
    {
        text for text in re.findall(r"`([a-z_]+: [^`]*)`", GUIDE)
        if "…" not in text and not text.startswith(("unit:", "uncertainty:", "power:"))
    }
)  # fmt: skip
COMMANDS = sorted(
    {
        text for text in re.findall(r"`(technopole [^`]*)`", GUIDE)
        if any(word in text for word in ("DATA --framework", "iData.csv")) and "…" not in text
    }
)  # fmt: skip
needs_asem = pytest.mark.skipif(not ASEM.is_dir(), reason="the golden tables (../shared/golden) aren't here")


def test_the_guide_has_snippets_and_commands():
    assert len(SNIPPETS) > 30
    assert len(COMMANDS) > 8


@needs_asem
@pytest.mark.parametrize("snippet", SNIPPETS)
def test_each_choice_scores_the_example(snippet):
    columns = snippet.replace("group: region", "group: EurAsia_group").replace(
        "denominator: population", "denominator: Area"
    )
    chosen = yaml.safe_load(columns)
    panel = "panel" in snippet
    declared = framework_from_imeta(ASEM / "iMeta.csv", time="Time" if panel else None).model_dump()
    physical = declared["index"]["children"][0]["children"][0]
    declared["defaults"]["normalise"] = {"method": "min_max", "low": 1, "high": 100}
    declared["defaults"]["impute"] = "median"
    for key, value in chosen.items():
        if key in {"aggregate", "weights"}:
            declared["index"][key] = value
        elif key in OF_INDICATOR:
            physical["children"] = [leaf | {key: value} if leaf["indicator"] == "LPI" else leaf
                                    for leaf in physical["children"]]  # fmt: skip
        else:
            declared[key] = value
    data = pl.read_csv(ASEM / ("iData_panel.csv" if panel else "iData.csv"), null_values="NA")
    gap = pl.when(pl.col("uCode") == "AUT").then(None).otherwise(pl.col("LPI")).alias("LPI")
    run = score(data.with_columns(gap) if "impute" in chosen else data, parse_generic(declared, snippet))
    assert np.isfinite(run.scores["Index"]).all()
    plain = framework_from_imeta(ASEM / "iMeta.csv")
    if not panel and {"aggregate", "normalise", "treat", "screen"} & set(chosen) and "arithmetic" not in snippet:
        changed = score(data, plain)
        assert len(changed.ids) != len(run.ids) or not np.array_equal(changed.scores["Index"], run.scores["Index"])


@needs_asem
@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_runs_on_the_example(command, tmp_path, run):
    for package in ("altair", "SALib", "xlsxwriter"):
        pytest.importorskip(package, reason=f"{package} (extra analysis) isn't installed")
    made = ("framework", ASEM / "iData.csv", "--imeta", ASEM / "iMeta.csv", "--recipe", "coinr")
    framework = tmp_path / "asem.yaml"
    framework.write_text(run(*made)[1], encoding="utf-8")
    words = {
        "DATA": ASEM / "iData.csv", "FILE": framework, "OTHER": framework, "iData.csv": ASEM / "iData.csv",
        "iMeta.csv": ASEM / "iMeta.csv", "mine.yaml": tmp_path / "mine.yaml", "NEW": ASEM / "iData.csv",
    }  # fmt: skip
    said = [words.get(word, word) for word in command.split()[1:]]
    if "--excel" in said:
        said[said.index("--excel") + 1] = tmp_path / "run.xlsx"
    if said[0] == "plot":
        said += ["--out", tmp_path / "picture.svg"]
    if said[0] == "uncertainty":
        said += ["--replicates", "50"]
    status, out, err = run(*said)
    assert status == 0, err
    assert out or any(tmp_path.iterdir())
