// The bundle of an edition (src/technopole/publish/bundle.py): read from data/ beside the page, or from the page itself.
import { parquetRead } from "hyparquet";
import type { Aggregation, Tree } from "./rank";
import { type Entry, fold } from "./search";

export interface Meta {
  bundle: number;
  edition: {
    id: string;
    content_digest: string;
    ranked: number;
    cities: number;
    observations: number;
    upstream_rows: number;
    upstream_files: number;
  };
  framework: {
    id: string;
    title: string;
    version: number;
    lowest: number;
    eligibility: { least_share: number; least_nonzero: number };
    method: {
      transform: string;
      cap_quantile: number;
      shrink_millions: number;
      imputation: string;
      neighbours: number;
      draws: number;
      normalisation: string;
      aggregation: Aggregation;
    };
    uncertainty: { replicates: number; weight_factor: number; normalisation: string[]; aggregation: string[] };
    tiers: { least_win: number };
  };
  lenses: string[];
  boundaries: string[];
  default_boundary: string;
  root: string;
  sides: string[];
  pillars: string[];
  nodes: { id: string; title: string | null; parent: number; weight: number }[];
  leaves: number;
  caps: Record<string, Record<string, (number | null)[]>>;
  /** Whether best and worst ranks were computed for this edition (extremes.json). */
  possible_ranks: boolean;
  indicators: Indicator[];
  sources: Record<string, Source>;
  inputs: Record<string, { title: string; licence: string; citation: string; url: string }>;
  statuses: string[];
  kinds: [string, string | null, string][];
}

export interface Indicator {
  id: string;
  title: string;
  question: string;
  unit: string;
  kind: "count" | "level";
  direction: number;
  formula: string | null;
  variables: string[];
}

export interface Source {
  title: string;
  producer: string;
  url: string;
  licence: string;
  licence_class: string;
  citation: string;
  vintage: string;
  what: string;
  limits: string[];
  resolved_share: number | null;
  records: number;
  variables: Record<string, { title: string; absence: string; granularity: string | null }>;
}

export interface City {
  /** Position in every table: ranked cities first, by id. */
  at: number;
  id: number;
  slug: string;
  name: string;
  country: string;
  population: number;
  longitude: number;
  latitude: number;
  coverage: number;
  nonzero: number;
  ranked: boolean;
  /** Names by language (ja, ko, zh); absent: not known. */
  local: Record<string, string>;
}

type Column = ArrayLike<number | string | boolean | null>;
type Columns = Record<string, Column>;

export interface Bundle {
  meta: Meta;
  tree: Tree;
  weights: Float64Array;
  cities: City[];
  bySlug: Map<string, City>;
  entries: Entry[];
  results: Columns;
  scores: Columns;
}

export interface Value {
  value: number | null;
  status: string;
  unit: string;
  period: string | null;
  source: string;
}

export interface Origin {
  rows: number;
  files: number;
  first: { file: number; row: string }[];
}

export interface UpstreamFile {
  file: number;
  source: string;
  path: string;
  url: string | null;
  bytes: number;
  sha256: string;
  licenceClass: string;
  ofSource: number;
}

async function bytesOf(name: string): Promise<ArrayBuffer> {
  const inside = document.getElementById(`data-${name}`);
  if (inside) return Uint8Array.from(atob(inside.textContent ?? ""), (letter) => letter.charCodeAt(0)).buffer;
  const answer = await fetch(`data/${name}`);
  if (!answer.ok) throw new Error(`data/${name}: ${answer.status}`);
  return answer.arrayBuffer();
}

async function textOf(name: string): Promise<string> {
  const inside = document.getElementById(`data-${name}`);
  return inside ? (inside.textContent ?? "") : new TextDecoder().decode(await bytesOf(name));
}

export const loadJson = async <T>(name: string): Promise<T> => JSON.parse(await textOf(name)) as T;

/** All columns of a Parquet file, each as one array. */
export async function readColumns(file: ArrayBuffer): Promise<Columns> {
  const columns: Record<string, unknown[]> = {};
  await parquetRead({
    file,
    onChunk: ({ columnName, columnData, rowStart }) => {
      const column = (columns[columnName] ??= []);
      for (let i = 0; i < columnData.length; i++) column[rowStart + i] = columnData[i];
    },
  });
  return columns as Columns;
}

export const loadTable = async (name: string): Promise<Columns> => readColumns(await bytesOf(`${name}.parquet`));

export async function loadBundle(): Promise<Bundle> {
  const [text, names, cities, results, scores] = await Promise.all([
    textOf("meta.json"),
    textOf("names.txt"),
    loadTable("cities"),
    loadTable("results"),
    loadTable("scores"),
  ]);
  const meta = JSON.parse(text) as Meta;
  return assemble(meta, names, cities, results, scores);
}

export function assemble(meta: Meta, names: string, cities: Columns, results: Columns, scores: Columns): Bundle {
  const lines = names.split("\n");
  const listed: City[] = [];
  const entries: Entry[] = [];
  for (let at = 0; at < cities["city"]!.length; at++) {
    const [ja = "", ko = "", zh = "", ...others] = (lines[at] ?? "").split("\t");
    const local = Object.fromEntries(Object.entries({ ja, ko, zh }).filter(([, name]) => name !== ""));
    const city: City = {
      at,
      id: Number(cities["city"]![at]),
      slug: String(cities["slug"]![at]),
      name: String(cities["name"]![at]),
      country: String(cities["country"]![at]),
      population: Number(cities["population_thousands"]![at]) * 1000,
      longitude: Number(cities["longitude"]![at]),
      latitude: Number(cities["latitude"]![at]),
      coverage: Number(cities["coverage"]![at]),
      nonzero: Number(cities["nonzero"]![at]),
      ranked: Boolean(cities["eligible"]![at]),
      local,
    };
    listed.push(city);
    const keys = [city.name, ja, ko, zh, ...others].filter(Boolean).map(fold);
    entries.push({ city: at, population: city.population, ranked: city.ranked, keys: [...new Set(keys)] });
  }
  return {
    meta,
    tree: { names: meta.nodes.map((node) => node.id), parents: meta.nodes.map((node) => node.parent), leaves: meta.leaves },
    weights: Float64Array.from(meta.nodes, (node) => node.weight),
    cities: listed,
    bySlug: new Map(listed.map((city) => [city.slug, city])),
    entries,
    results,
    scores,
  };
}

/** Normalised values under a lens and boundary: one array a leaf, in the order of the ranked cities. */
export function leafColumns(bundle: Bundle, lens: string, boundary: string): Float64Array[] {
  const { meta, tree, scores } = bundle;
  const n = meta.edition.ranked;
  const block = meta.lenses.indexOf(lens) * meta.boundaries.length + meta.boundaries.indexOf(boundary);
  return tree.names
    .slice(0, tree.leaves)
    .map((leaf) => Float64Array.from({ length: n }, (_, at) => Number(scores[leaf]![block * n + at])));
}

export interface Published {
  rank: number;
  tier: number;
  low: number;
  high: number;
  outside: boolean;
}

/** The edition's own rank, range and tier; `side` "" is the whole index. */
export function published(bundle: Bundle, lens: string, boundary: string, side: string, at: number): Published {
  const { meta, results } = bundle;
  const n = meta.edition.ranked;
  const sides = [meta.root, ...meta.sides];
  const block = meta.lenses.indexOf(lens) * meta.boundaries.length + meta.boundaries.indexOf(boundary);
  const row = (block * sides.length + Math.max(sides.indexOf(side || meta.root), 0)) * n + at;
  return {
    rank: Number(results["rank"]![row]),
    tier: Number(results["tier"]![row]),
    low: Number(results["rank_low"]![row]),
    high: Number(results["rank_high"]![row]),
    outside: Boolean(results["nominal_outside"]![row]),
  };
}

export interface Evidence {
  values: Columns;
  unranked: Columns;
}

export async function loadEvidence(): Promise<Evidence> {
  const [values, unranked] = await Promise.all([loadTable("values"), loadTable("unranked")]);
  return { values, unranked };
}

/** Value of an indicator, or why there is none. Unranked cities have those of the default boundary only. */
export function valueOf(bundle: Bundle, evidence: Evidence, indicator: number, boundary: string, city: City): Value {
  const { meta } = bundle;
  const n = meta.edition.ranked;
  const table = city.ranked ? evidence.values : evidence.unranked;
  const row = city.ranked
    ? (indicator * meta.boundaries.length + meta.boundaries.indexOf(boundary)) * n + city.at
    : indicator * (meta.edition.cities - n) + city.at - n;
  const value = table["value"]![row];
  const [unit, period, source] = meta.kinds[Number(table["kind"]![row])]!;
  return {
    value: value === null || value === undefined ? null : Number(value),
    status: meta.statuses[Number(table["status"]![row])]!,
    unit,
    period,
    source,
  };
}

export interface Origins {
  of: (indicator: number, ring: number, city: City) => Origin;
  files: Map<number, UpstreamFile>;
}

export async function loadOrigins(): Promise<Origins> {
  const [table, listed] = await Promise.all([loadTable("origins"), loadTable("files")]);
  const found = new Map<string, number>();
  for (let row = 0; row < table["rows"]!.length; row++) {
    found.set([table["indicator"]![row], table["position"]![row], table["ring"]![row]].join(), row);
  }
  const files = new Map<number, UpstreamFile>();
  for (let row = 0; row < listed["file"]!.length; row++) {
    files.set(Number(listed["file"]![row]), {
      file: Number(listed["file"]![row]),
      source: String(listed["source"]![row]),
      path: String(listed["path"]![row]),
      url: listed["url"]![row] === null ? null : String(listed["url"]![row]),
      bytes: Number(listed["bytes"]![row]),
      sha256: String(listed["sha256"]![row]),
      licenceClass: String(listed["licence_class"]![row]),
      ofSource: Number(listed["of_source"]![row]),
    });
  }
  const of = (indicator: number, ring: number, city: City): Origin => {
    for (let narrower = ring; narrower >= 0; narrower--) {
      const row = found.get([indicator, city.at, narrower].join());
      if (row === undefined) continue;
      const first = String(table["first"]![row]).split("\n").map((text) => {
        const at = text.indexOf(":");
        return { file: Number(text.slice(0, at)), row: text.slice(at + 1) };
      });
      return { rows: Number(table["rows"]![row]), files: Number(table["files"]![row]), first };
    }
    return { rows: 0, files: 0, first: [] };
  };
  return { of, files };
}

/** What the index makes of a value before it is normalised: intensity, logarithm, cap (index/run.py). */
export function treated(bundle: Bundle, leaf: number, lens: string, boundary: string, city: City, value: number): number {
  const { meta } = bundle;
  const { shrink_millions, transform } = meta.framework.method;
  let result = value;
  if (meta.indicators[leaf]!.kind === "count") {
    if (lens === "intensity") result /= city.population / 1e6 + shrink_millions;
    if (transform === "log1p") result = Math.log1p(result);
  }
  const cap = meta.caps[lens]![boundary]![leaf];
  return cap === null || cap === undefined ? result : Math.min(result, cap);
}
