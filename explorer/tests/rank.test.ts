import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Aggregation, climb, competitionRanks, inOrder, leafShares, roundSignificant, weightless } from "../src/rank";

interface Golden {
  names: string[];
  parents: number[];
  leaves: number;
  lowest: number;
  units: number[][];
  cases: { aggregation: Aggregation; weights: number[]; index: number[]; makes: number[] }[];
}
const golden = JSON.parse(
  readFileSync(new URL("../../tests/golden_explorer/ranks.json", import.meta.url), "utf-8"),
) as Golden;

describe("ranks", () => {
  const columns = Array.from({ length: golden.leaves }, (_, leaf) => golden.units.map((unit) => unit[leaf]!));

  it("are Python's for 200 weightings", () => {
    expect(golden.cases).toHaveLength(200);
    for (const one of golden.cases) {
      const scores = climb(columns, golden, one.weights, one.aggregation, golden.lowest);
      expect([...competitionRanks(scores.at(-1)!)]).toEqual(one.index);
      expect([...competitionRanks(scores[golden.names.indexOf("makes")]!)]).toEqual(one.makes);
    }
  });

  it("share the better place among equals, and the earlier unit is listed first", () => {
    const ranks = competitionRanks([5, 7, 0.1 + 0.2, 7, 0.3]);
    expect([...ranks]).toEqual([3, 1, 4, 1, 4]);
    expect(inOrder(ranks)).toEqual([1, 3, 0, 2, 4]);
  });

  it("round to ten digits, no finer than thirteen of the largest", () => {
    expect([...roundSignificant([12.3456789012345, 0.1 + 0.2 - 0.3, -0])]).toEqual([12.3456789, 0, 0]);
  });

  it("name the node that has no weight left", () => {
    const none = golden.names.map((name) => (name === "a1" || name === "a2" ? 0 : 1));
    expect(weightless(golden, none)).toBe("a");
    expect(weightless(golden, golden.names.map(() => 1))).toBeUndefined();
  });

  it("have shares that add up to one and to the score", () => {
    const weights = golden.cases[7]!.weights;
    const shares = leafShares(golden, weights);
    expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(1, 12);
    const score = climb(columns, golden, weights).at(-1)![3]!;
    expect(golden.units[3]!.reduce((sum, value, leaf) => sum + value * shares[leaf]!, 0)).toBeCloseTo(score, 9);
  });
});
