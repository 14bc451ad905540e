// The real edition: tests/unit/test_explorer_build.py writes its bundle and what Python makes of 200 weightings.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { assemble, leafColumns, readColumns } from "../src/data";
import { climb, competitionRanks } from "../src/rank";
import { CATALOGUES } from "../src/i18n";
import { nameIn } from "../src/i18n/names";
import { search } from "../src/search";

const folder = process.env["TECHNOPOLE_BUNDLE"];
const bytes = (name: string): ArrayBuffer => new Uint8Array(readFileSync(`${folder}/${name}`)).buffer;
const text = (name: string): string => readFileSync(`${folder}/${name}`, "utf-8");

interface Case {
  lens: string;
  boundary: string;
  node: string;
  weights: number[];
  ranks: number[];
}

describe.skipIf(folder === undefined)("the edition", async () => {
  if (folder === undefined) return;
  const [cities, results, scores] = await Promise.all(
    ["cities", "results", "scores"].map((name) => readColumns(bytes(`${name}.parquet`))),
  );
  const bundle = assemble(JSON.parse(text("meta.json")), text("names.txt"), cities!, results!, scores!);
  const cases = JSON.parse(text("expected.json")) as Case[];
  const { method, lowest } = bundle.meta.framework;

  it("ranks every city as Python does, under 200 weightings", () => {
    expect(cases).toHaveLength(200);
    for (const one of cases) {
      const columns = leafColumns(bundle, one.lens, one.boundary);
      const climbed = climb(columns, bundle.tree, one.weights, method.aggregation, lowest);
      expect([...competitionRanks(climbed[bundle.tree.names.indexOf(one.node)]!)]).toEqual(one.ranks);
    }
  });

  it("has a name for every side, pillar and indicator in every language", () => {
    const named = bundle.tree.names.filter((id) => id !== bundle.meta.root);
    for (const language of Object.keys(CATALOGUES).filter((code) => code !== "en"))
      expect(named.filter((id) => !nameIn(language, id))).toEqual([]);
  });

  it("re-ranks within 16 ms", () => {
    const columns = leafColumns(bundle, "scale", "agglomeration");
    const times = cases.map((one) => {
      const start = performance.now();
      competitionRanks(climb(columns, bundle.tree, one.weights, method.aggregation, lowest).at(-1)!);
      return performance.now() - start;
    });
    const median = times.sort((a, b) => a - b)[100]!;
    console.log(`re-ranking ${bundle.meta.edition.ranked} cities: ${median.toFixed(2)} ms`);
    expect(median).toBeLessThan(16);
  });

  it.each([
    ["東京", "tokyo"], ["Tokio", "tokyo"], ["Helsingfors", "helsinki"], ["Helsinky", "helsinki"], ["서울", "seoul"],
    ["Peking", "beijing"], ["sao paulo", "sao-paulo"], ["Мюнхен", "munich"], ["zurich", "zurich"],
  ])("finds %s", (name, slug) => {
    const first = search(bundle.entries, name)[0];
    expect(bundle.cities[first!.city]!.slug).toBe(slug);
  });
});
