"""The framework file: what it may say, and how it says no."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from technopole.core.errors import FrameworkError
from technopole.editions.shipped import default_framework
from technopole.index.framework import ROOT, Node, parse_framework, read_framework
from technopole.index.tree import labelled_tree, leaf_weights
from technopole.indicators.declarations import catalogue


def declared() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(default_framework().read_text(encoding="utf-8"))
    return data


def test_the_default_framework_names_only_known_indicators() -> None:
    framework = read_framework(default_framework())
    assert set(framework.indicator_ids()) <= set(catalogue().ids())
    assert framework.sides() == ["makes", "lives"]
    assert len(set(framework.indicator_ids())) == len(framework.indicator_ids())


def test_weights_are_equal_unless_a_reason_stands_beside_them() -> None:
    framework = read_framework(default_framework())
    assert {node.weight for node in framework.walk()} == {1.0}


def test_effective_weights_sum_to_one_and_follow_the_tree() -> None:
    framework = read_framework(default_framework())
    weights = leaf_weights(framework)
    assert sum(weights.values()) == pytest.approx(1, abs=1e-15)
    children = {side.id: len(side.children) for side in framework.tree}
    ventures = next(node for node in framework.walk() if node.id == "ventures")
    assert isinstance(ventures, Node)
    assert weights["unicorns"] == pytest.approx(1 / 2 / children["makes"] / len(ventures.children))


def test_the_labelled_tree_has_each_node_once_and_children_first() -> None:
    labelled = labelled_tree(read_framework(default_framework()))
    assert labelled.names[-1] == ROOT
    assert len(set(labelled.names)) == len(labelled.names) == len(labelled.tree.parents)
    assert labelled.names[labelled.tree.parents[labelled.names.index("industry")]] == "makes"


def test_other_weights_replace_those_named() -> None:
    framework = read_framework(default_framework()).with_weights({"lives": 0, "unicorns": 3})
    weights = leaf_weights(framework)
    assert weights["metro_length"] == 0
    assert weights["unicorns"] == pytest.approx(3 * weights["developer_conferences"])


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        ({"unicrons": 1.0}, "did you mean unicorns"),
        ({"unicorns": -1.0}, "give a number of 0 and more"),
        ({"unicorns": float("nan")}, "give a number"),
        ({"makes": 0.0, "lives": 0.0}, "all weights of the sides are zero"),
        (
            {"unicorns": 0.0, "developer_conferences": 0.0, "academic_conferences": 0.0},
            "all weights below 'ventures' are zero",
        ),
    ],
)
def test_wrong_weights_are_one_clear_error(weights: dict[str, float], says: str) -> None:
    with pytest.raises(FrameworkError, match=says):
        read_framework(default_framework()).with_weights(weights)


def change(data: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    *parents, last = path.split(".")
    node: Any = data
    for part in parents:
        node = node[int(part)] if isinstance(node, list) else node[part]
    node[int(last) if isinstance(node, list) else last] = value
    return data


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("method.normalization", "min_max", "method.normalization"),
        ("method.normalisation", "minmax", "method.normalisation"),
        ("method.cap_quantile", 0, "cap_quantile"),
        ("tree.0.weight", -1, "weight"),
        ("tree.0.children", [], "children"),
        ("uncertainty.replicates", 0, "replicates"),
        ("tree.1.id", "makes", "stands twice"),
        ("eligibility", None, "eligibility"),
    ],
)
def test_a_wrong_key_is_named(path: str, value: object, says: str) -> None:
    with pytest.raises(FrameworkError, match=says):
        parse_framework(change(declared(), path, value), "mine.yaml")


def test_a_framework_that_is_not_a_mapping_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_text("- 1\n- 2\n")
    with pytest.raises(FrameworkError, match=r"f\.yaml"):
        read_framework(path)
    with pytest.raises(FrameworkError, match="isn't there"):
        read_framework(tmp_path / "none.yaml")
