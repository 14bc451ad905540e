"""Every source has its page, whose facts are those of its declaration and of the shipped edition."""

import pytest

from technopole.editions.read import Edition, open_edition
from technopole.editions.shipped import repository
from technopole.publish.source_pages import facts, index, page_with_facts
from technopole.sources.registry import adapter_ids, all_source_ids, load_source

FOLDER = repository() / "docs" / "sources"
RENEW = "run python -m technopole.publish.source_pages"


@pytest.fixture(scope="module")
def edition() -> Edition:
    return open_edition()


@pytest.mark.parametrize("name", all_source_ids())
def test_the_facts_are_current(edition: Edition, name: str) -> None:
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert text == page_with_facts(text, facts(edition, name)), RENEW
    assert text.count("\n## Facts\n") == 1


@pytest.mark.parametrize("name", all_source_ids())
def test_the_facts_are_whole(edition: Edition, name: str) -> None:
    meta, text = load_source(name).meta, facts(edition, name)
    flat = " ".join(text.replace("\\|", "|").split())
    for said in (meta.producer, meta.licence, meta.citation, meta.vintage, meta.url, str(meta.licence_class)):
        assert " ".join(said.split()) in flat
    for variable in meta.variables:
        assert text.count(f"| `{variable.id}`") == (2 if name in edition.sources else 1)
        assert " ".join(variable.absence.why.split()) in flat
    assert text.count(" → ") + text.count("row dropped") >= len(meta.corrections)
    for heading in ("### What absence means", "### Declared corrections"):
        assert text.count(heading) == 1
    if name in adapter_ids():
        assert "adapter: " in text
        assert "### The 10 largest" not in text
        return
    assert "### The 10 largest" in text
    city_level = any(one.level == "city" for one in meta.variables)
    assert ("### Coverage by country" in text) == city_level
    assert ("no city-level variable" in text) == (edition.sources[name]["resolved_share"] is None)


def test_a_stale_page_would_be_found(edition: Edition) -> None:
    text = (FOLDER / "unicorns.md").read_text(encoding="utf-8")
    stale = text.replace("| resolved | 9", "| resolved | 1")
    assert stale != text
    assert page_with_facts(stale, facts(edition, "unicorns")) == text


def test_what_people_wrote_stays(edition: Edition) -> None:
    page = page_with_facts("# Title\n\nBy hand.\n", facts(edition, "losi"))
    assert page.startswith("# Title\n\nBy hand.\n\n<!-- generated: facts -->\n## Facts\n")
    assert page_with_facts(page, facts(edition, "losi")) == page


def test_the_index_lists_every_page_and_every_page_is_a_sources(edition: Edition) -> None:
    text = (FOLDER / "index.md").read_text(encoding="utf-8")
    assert text == index(edition), RENEW
    assert sorted(path.stem for path in FOLDER.glob("*.md")) == sorted([*all_source_ids(), "index"])
