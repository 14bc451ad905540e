import { describe, expect, it } from "vitest";
import { cell } from "../src/download";
import { barsSvg } from "../src/picture";

describe("cells of a CSV", () => {
  it.each([
    ["=1+1", "'=1+1"], ["+358", "'+358"], ["-cmd", "'-cmd"], ["@SUM(A1)", "'@SUM(A1)"], ["\t=1", "'\t=1"], ["  =1", "'  =1"],
    ["＝1", "'＝1"], ["\u202e=1", "'\u202e=1"], ["\r=1", '"\'\r=1"'],
  ])("%j is no formula", (text, expected) => expect(cell(text)).toBe(expected));

  it.each([
    ["Tokyo", "Tokyo"], ["Nis, Serbia", '"Nis, Serbia"'], ['say "x"', '"say ""x"""'], ["two\nlines", '"two\nlines"'], ["東京", "東京"],
  ])("%j stays what it is", (text, expected) => expect(cell(text)).toBe(expected));

  it("leaves numbers, signs included, and missing values alone", () => {
    expect([cell(-1.5), cell(0), cell(null), cell(true)]).toEqual(["-1.5", "0", "", "true"]);
  });
});

describe("a picture of bars", () => {
  const bars = (label: string): string =>
    barsSvg({ title: label, note: label, legend: [{ text: label, color: "#000" }], rows: [{ label, level: 1, texts: [label], lines: [[{ from: 0, to: 2, color: "#000" }]] }] }, { label });

  it("shows markup as text", () => {
    const svg = bars('<script>alert("1")</script>&');
    expect(svg).not.toContain("<script");
    expect(svg).toContain("&lt;script&gt;");
  });

  it("says the whole of its note, in lines", () => {
    const note = Array.from({ length: 200 }, (_, at) => `licence${at}`).join(" ");
    const svg = barsSvg({ title: "x", note, legend: [], rows: [] }, {});
    const lines = [...svg.matchAll(/font-size="8"[^>]*>([^<]*)</g)].map((one) => one[1]);
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.join(" ")).toBe(note);
  });

  it("keeps its bars within its width", () => {
    const widths = [...bars("x").matchAll(/<rect x="([\d.]+)" y="\d+" width="([\d.]+)"/g)].map((one) => Number(one[1]) + Number(one[2]));
    expect(widths.length).toBeGreaterThan(0);
    expect(Math.max(...widths)).toBeLessThanOrEqual(960);
  });
});
