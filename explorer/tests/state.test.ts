import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decode, encode, type State } from "../src/state";

const golden = JSON.parse(
  readFileSync(new URL("../../tests/golden_explorer/state.json", import.meta.url), "utf-8"),
) as { text: string; state: State; canonical: string }[];

describe("links", () => {
  it.each(golden)("$text", ({ text, state, canonical }) => {
    expect(decode(text)).toEqual(state);
    expect(encode(decode(text))).toBe(canonical);
    expect(decode(canonical)).toEqual(state);
  });

  it("of any length are safe to read", () => {
    expect(encode(decode("city=".repeat(100_000)))).toBe("");
  });
});
