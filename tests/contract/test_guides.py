"""The guides do what they say: every file is written, every command runs, and prints what stands there.

Run this file as a program to renew what the commands print.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
SPREADSHEET = GUIDES / "from-a-spreadsheet-to-an-audited-index.md"
COINR = GUIDES / "from-coinr.md"
FILE = re.compile(r"^`([\w.]+)`:\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# exported by COINr 1.1.14 (its NAMESPACE): what a reader may look for
EXPORTED = [
    "Aggregate",
    "CAGR",
    "COIN_to_coin",
    "Custom",
    "Denominate",
    "Impute",
    "Normalise",
    "Regen",
    "SA_estimate",
    "SA_sample",
    "Screen",
    "Treat",
    "a_amean",
    "a_copeland",
    "a_genmean",
    "a_gmean",
    "a_hmean",
    "approx_df",
    "boxcox",
    "build_example_coin",
    "build_example_purse",
    "change_ind",
    "check_SkewKurt",
    "check_iData",
    "check_iMeta",
    "compare_coins",
    "compare_coins_corr",
    "compare_coins_multi",
    "compare_df",
    "export_to_excel",
    "get_PCA",
    "get_corr",
    "get_corr_flags",
    "get_cronbach",
    "get_data",
    "get_data_avail",
    "get_denom_corr",
    "get_dset",
    "get_eff_weights",
    "get_noisy_weights",
    "get_opt_weights",
    "get_pvals",
    "get_results",
    "get_sensitivity",
    "get_stats",
    "get_str_weak",
    "get_trends",
    "get_unit_summary",
    "i_mean",
    "i_mean_grp",
    "i_median",
    "i_median_grp",
    "icodes_to_inames",
    "import_coin_tool",
    "impute_panel",
    "is.coin",
    "is.purse",
    "kurt",
    "log_CT",
    "log_CT_orig",
    "log_CT_plus",
    "log_GII",
    "n_borda",
    "n_dist2max",
    "n_dist2ref",
    "n_dist2targ",
    "n_fracmax",
    "n_goalposts",
    "n_minmax",
    "n_prank",
    "n_rank",
    "n_scaled",
    "n_zscore",
    "names_to_codes",
    "new_coin",
    "outrankMatrix",
    "plot_bar",
    "plot_corr",
    "plot_dist",
    "plot_dot",
    "plot_framework",
    "plot_scatter",
    "plot_sensitivity",
    "plot_uncertainty",
    "prc_change",
    "qNormalise",
    "qTreat",
    "rank_df",
    "remove_elements",
    "replace_df",
    "round_df",
    "signif_df",
    "skew",
    "ucodes_to_unames",
    "winsorise",
]


def printed(command: str, folder: Path) -> str:
    words = re.findall(r"\S+", command)
    program = {"technopole": [sys.executable, "-m", "technopole.cli.main"], "python": [sys.executable]}[words[0]]
    done = subprocess.run(
        [*program, *words[1:]], cwd=folder, env={**os.environ, "PYTHONUTF8": "1"}, capture_output=True, text=True,
        check=False, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stderr}"
    return "".join(f"{line.rstrip()}\n" for line in done.stdout.splitlines() if line.strip())


def played(text: str, folder: Path) -> str:
    """The guide with what its commands print here."""
    for name, content in FILE.findall(text):
        (folder / name).write_text(content, encoding="utf-8")

    def block(found: re.Match[str]) -> str:
        commands = [line[2:] for line in found[1].splitlines() if line.startswith("$ ")]
        return "```console\n" + "".join(f"$ {one}\n{printed(one, folder)}" for one in commands) + "```"

    return CONSOLE.sub(block, text)


def test_the_guide_is_what_happens(tmp_path: Path) -> None:
    for package in ("altair", "SALib", "xlsxwriter"):
        pytest.importorskip(package, reason=f"{package} (extra analysis) isn't installed: the guide isn't played")
    text = SPREADSHEET.read_text(encoding="utf-8")
    assert played(text, tmp_path) == text
    made = {"ranks.svg", "correlations.png", "tree.svg", "tai.json", "tai.xlsx"}
    assert made <= {path.name for path in tmp_path.iterdir()}


def test_every_function_of_coinr_is_mapped_once() -> None:
    rows = re.findall(r"^\| (`.*?) \| (.*?) \|$", COINR.read_text(encoding="utf-8"), flags=re.MULTILINE)
    named = [name for cell, _ in rows for name in re.findall(r"`([\w.]+)(?:\(\))?`", cell)]
    assert sorted(named) == sorted(EXPORTED)


def test_what_the_mapping_names_is_here() -> None:
    """Functions of the kernel, methods of a framework, and commands that the right column names exist."""
    import importlib

    from technopole.cli.main import app
    from technopole.kernel.aggregate import AGGREGATORS
    from technopole.kernel.impute import IMPUTERS
    from technopole.kernel.normalise import NORMALISERS
    from technopole.kernel.treat import TREATMENTS
    from technopole.kernel.weighting import WEIGHTINGS

    text = COINR.read_text(encoding="utf-8")
    for module, name in re.findall(r"`(kernel\.\w+|index\.\w+)\.(\w+)`", text):
        assert hasattr(importlib.import_module(f"technopole.{module}"), name), f"{module}.{name}"
    tables = {"treat": TREATMENTS, "impute": IMPUTERS, "normalise": NORMALISERS, "aggregate": AGGREGATORS,
              "weights": WEIGHTINGS}  # fmt: skip
    methods = re.findall(r"`(treat|impute|normalise|aggregate|weights): (?:\{method: )?(\w+)", text)
    assert len(methods) > 20
    for stage, method in methods:
        # the panel and scikit-learn's imputers aren't functions of one matrix
        assert method in tables[stage] or (stage == "impute" and method in {"panel", "knn", "iterative"}), method
    commands = {one.name for one in app.registered_commands} | {one.name for one in app.registered_groups}
    for command in re.findall(r"`technopole (\w+)", text):
        assert command in commands, command


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        SPREADSHEET.write_text(played(SPREADSHEET.read_text(encoding="utf-8"), Path(folder)), encoding="utf-8")
