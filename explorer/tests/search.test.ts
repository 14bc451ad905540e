import { describe, expect, it } from "vitest";
import { distance, type Entry, fold, search } from "../src/search";

const city = (id: number, population: number, ...names: string[]): Entry => ({
  city: id, population, ranked: population > 1000, keys: names.map(fold),
});
const entries = [
  city(1, 37000, "Tokyo", "東京", "도쿄", "Tokio"),
  city(2, 1300, "Helsinki", "Helsingfors", "Хельсинки"),
  city(3, 9900, "Seoul", "서울", "首尔"),
  city(4, 22000, "São Paulo"),
  city(5, 180, "Paulo Afonso"),
  city(6, 8900, "New York", "NYC"),
];
const first = (text: string): number | undefined => search(entries, text)[0]?.city;

describe("search", () => {
  it.each([
    ["東京", 1], ["tokyo", 1], ["Tokio", 1], ["TOKYO", 1], ["tokio ", 1], ["Helsinky", 2], ["helsnki", 2], ["Helsingfors", 2],
    ["хельсинки", 2], ["서울", 3], ["sao paulo", 4], ["york", 6], ["nyc", 6],
  ])("%s", (text, expected) => expect(first(text)).toBe(expected));

  it("finds nothing for nothing, and nothing for strange words", () => {
    expect(search(entries, "  ")).toEqual([]);
    expect(search(entries, "zzzzzz")).toEqual([]);
    expect(search(entries, "<script>alert(1)</script>")).toEqual([]);
  });

  it("prefers the larger of two that fit as well", () => {
    expect(search(entries, "paulo").map((one) => one.city)).toEqual([5, 4]);
  });

  it("counts a swap of neighbours as one slip", () => {
    expect(distance("seuol", "seoul", 2)).toBe(1);
    expect(distance("a", "abcd", 2)).toBe(3);
  });
});
