// What a link says: one codec, mirrored by src/technopole/publish/state.py.
// tests/golden_explorer/state.json holds both to one result.

export const VERSION = 1;
export const PAGES = ["ranking", "city", "compare", "themes", "claims", "method"] as const;
export const LENSES = ["scale", "intensity"] as const;
export const BOUNDARIES = ["agglomeration", "core", "region"] as const;
export const EXTREMES = ["pillars", "bounded"] as const;
export const VIEWS = ["pillars"] as const;
export type Page = (typeof PAGES)[number];

export interface State {
  page: Page;
  lens: (typeof LENSES)[number];
  side: string;
  boundary: (typeof BOUNDARIES)[number];
  weights: Record<string, number>;
  /** M49 numbers */
  regions: string[];
  countries: string[];
  minPopulation: number;
  minCoverage: number;
  sort: string;
  /** Over which weights best and worst possible ranks are shown; "": not shown. */
  extremes: "" | (typeof EXTREMES)[number];
  /** Columns of the table: "" ranges, tiers and evidence; "pillars" the score of each pillar. */
  view: "" | (typeof VIEWS)[number];
  city: string;
  compare: string[];
  trace: string;
  verdict: string;
  theme: string;
  language: string;
}

export const MOST_COMPARED = 5;
const MOST_WEIGHTS = 200;
const MOST_COUNTRIES = 60;
const MOST_REGIONS = 30;
const LONGEST = 8000;
const TOKEN = /^[A-Za-z0-9_.:,-]*$/;
const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const WEIGHT = /^\d{1,3}(\.\d{1,6})?$/;
const SHARE = /^(0(\.\d{1,6})?|1(\.0{1,6})?)$/;
const SORT = /^-?[a-z][a-z0-9_]{0,63}$/;
const TRACE = /^[a-z0-9][a-z0-9_-]{0,63}:[a-z0-9][a-z0-9_-]{0,63}$/;
const LANGUAGE = /^[a-z]{2}$/;

export function defaults(): State {
  return {
    page: "ranking",
    lens: "scale",
    side: "",
    boundary: "agglomeration",
    weights: {},
    regions: [],
    countries: [],
    minPopulation: 0,
    minCoverage: 0,
    sort: "rank",
    extremes: "",
    view: "",
    city: "",
    compare: [],
    trace: "",
    verdict: "",
    theme: "",
    language: "",
  };
}

/** A number of at most four decimals, without trailing zeros. */
export function number(value: number): string {
  return String(Number(value.toFixed(4)));
}

/** Canonical text of a state, without "#"; the default state is "". */
export function encode(state: State): string {
  const weights = Object.keys(state.weights)
    .sort()
    .map((name) => `${name}:${number(state.weights[name]!)}`)
    .join(",");
  const parts: [string, string][] = [
    ["page", state.page === "ranking" ? "" : state.page],
    ["lens", state.lens === "scale" ? "" : state.lens],
    ["side", state.side],
    ["boundary", state.boundary === "agglomeration" ? "" : state.boundary],
    ["weights", weights],
    ["region", [...state.regions].sort().join(",")],
    ["country", [...state.countries].sort().join(",")],
    ["population", state.minPopulation ? String(state.minPopulation) : ""],
    ["coverage", state.minCoverage ? number(state.minCoverage) : ""],
    ["sort", state.sort === "rank" ? "" : state.sort],
    ["extremes", state.extremes],
    ["view", state.view],
    ["city", state.city],
    ["compare", state.compare.join(",")],
    ["trace", state.trace],
    ["verdict", state.verdict],
    ["theme", state.theme],
    ["lang", state.language],
  ];
  const written = parts.filter(([, value]) => value !== "").map(([key, value]) => `${key}=${value}`);
  return written.length ? [`v=${VERSION}`, ...written].join("&") : "";
}

/** State of a text; what can't be read keeps its default. A text of another version is the default state. */
export function decode(text: string): State {
  const state = defaults();
  if (text.length > LONGEST) return state;
  const fields = fieldsOf(text.replace(/^#/, ""));
  if ((fields.get("v") ?? String(VERSION)) !== String(VERSION)) return state;
  const one = (key: string, pattern: RegExp): string => {
    const value = fields.get(key) ?? "";
    return pattern.test(value) ? value : "";
  };
  const many = (key: string, pattern: RegExp, most: number): string[] =>
    [...new Set((fields.get(key) ?? "").split(",").filter((value) => pattern.test(value)))].slice(0, most);
  state.page = PAGES.find((page) => page === fields.get("page")) ?? state.page;
  state.lens = LENSES.find((lens) => lens === fields.get("lens")) ?? state.lens;
  state.boundary = BOUNDARIES.find((boundary) => boundary === fields.get("boundary")) ?? state.boundary;
  state.side = one("side", NAME);
  state.weights = weightsOf(fields.get("weights") ?? "");
  state.regions = many("region", /^\d{3}$/, MOST_REGIONS).sort();
  state.countries = many("country", /^[A-Z]{2}$/, MOST_COUNTRIES).sort();
  state.minPopulation = Number(one("population", /^\d{1,9}$/));
  state.minCoverage = Number(Number(one("coverage", SHARE)).toFixed(4));
  state.sort = one("sort", SORT) || state.sort;
  state.extremes = EXTREMES.find((kind) => kind === fields.get("extremes")) ?? state.extremes;
  state.view = VIEWS.find((view) => view === fields.get("view")) ?? state.view;
  state.city = one("city", NAME);
  state.compare = many("compare", NAME, MOST_COMPARED);
  state.trace = one("trace", TRACE);
  state.verdict = one("verdict", NAME);
  state.theme = one("theme", NAME);
  state.language = one("lang", LANGUAGE);
  return state;
}

function fieldsOf(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const part of text.split("&")) {
    const at = part.indexOf("=");
    if (at < 0) continue;
    try {
      const value = decodeURIComponent(part.slice(at + 1));
      if (TOKEN.test(value)) fields.set(part.slice(0, at), value);
    } catch {
      continue; // not percent-encoded UTF-8
    }
  }
  return fields;
}

function weightsOf(text: string): Record<string, number> {
  const weights: Record<string, number> = {};
  for (const part of text.split(",").slice(0, MOST_WEIGHTS)) {
    const [name, value, rest] = part.split(":");
    if (name === undefined || value === undefined || rest !== undefined) continue;
    if (!NAME.test(name) || !WEIGHT.test(value) || Number(value) > 100) continue;
    weights[name] = Number(Number(value).toFixed(4));
  }
  return weights;
}
