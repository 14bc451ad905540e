// What the bundle says in words (src/technopole/publish/bundle_documents.py): read when a page first asks for it.
import { signal } from "@preact/signals";
import { loadJson } from "./data";
import { failure } from "./store";

export interface Initiative {
  id: string;
  theme: string;
  what: string;
  since: string | null;
  by: string;
  figure: { value: number; unit: string; year: number } | null;
  source: { title: string; publisher: string; address: string; seen: string };
  kind: "read" | "derived";
  observation: { source: string; variable: string } | null;
  extract: string | null;
}

export const VERDICTS = ["supported", "contradicted", "outdated", "imprecise", "untestable"] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface EvidenceItem {
  kind: string;
  id: string;
  source: string;
  place: string;
  value: number | string | null;
  unit: string;
  year: string;
  citation: string;
  url: string;
  test: string;
  role: "now" | "before" | "context";
  outcome: "holds" | "fails" | "depends" | "unknown";
}

export interface Claim {
  id: string;
  city: string | null;
  statement: string;
  verdict: Verdict;
  because: string;
  evidence: EvidenceItem[];
  paragraph: number;
  sentence: number;
  subject: string;
  theme: string | null;
  scope: string;
  true_if: string;
  sources: string[];
  needs: string;
}

export interface ListedCity {
  slug: string;
  name: string;
  country: string;
  rank: number;
  rank_low: number;
  rank_high: number;
  tier: number;
  probability: Record<string, number>;
}

export interface ListTable {
  lens: string;
  side: string | null;
  ranked: number;
  cities: ListedCity[];
  not_ranked: string[];
  belongs: Record<string, string[]>;
  does_not: Record<string, string[]>;
  better_unlisted: ListedCity[];
}

export interface Claims {
  claims: Claim[];
  list: { edition: string; likely: number; places: number[]; tables: ListTable[] };
}

export interface Theme {
  id: string;
  theme: string;
  cities: string[];
  kind: string;
  indicators: string[];
  sources: string[];
  reason: string;
  variables: string[];
  evidence: string[];
  cities_with_value: number;
  cities_above_zero: number;
  absent: string[];
  measures: { id: string; scored: boolean; level: string; cities_with_value: number; cities_above_zero: number }[];
}

export interface Growth {
  early: number | null;
  late: number | null;
  lower_bound: boolean | null;
  growth: number;
  low: number;
  high: number;
}

export interface CityMomentum {
  rank: number;
  rank_low: number;
  rank_high: number;
  momentum: number;
  low: number;
  high: number;
  change_percent: number;
  verdict: "rising" | "falling" | "open";
  evidence: number;
  series: Record<string, Growth>;
}

export interface Momentum {
  least_events: number;
  least_series: number;
  draws: number;
  series: { id: string; title: string; periods: [string, string]; event: number; combined: boolean; why: string }[];
  cities: Record<string, CityMomentum>;
}

/** Best rank, what no weights can pass, worst rank, what no weights can pass, weights of the best, of the worst. */
export type PossibleRanks = [number, number, number, number, number[], number[]];

export interface Possible {
  lens: string;
  side: string;
  boundary: string;
  factor: number;
  /** Set of weights -> one row a ranked city, by id. */
  sets: Record<string, PossibleRanks[]>;
}

/** A document that is fetched when it is first asked for; undefined until it is there. */
function later<T>(name: string): () => T | undefined {
  const held = signal<T | undefined>(undefined);
  let asked = false;
  return () => {
    if (!asked) {
      asked = true;
      loadJson<T>(`${name}.json`).then(
        (loaded) => (held.value = loaded),
        (error: unknown) => (failure.value = String(error)),
      );
    }
    return held.value;
  };
}

export const needInitiatives = later<Record<string, Initiative[]>>("initiatives");
export const needClaims = later<Claims>("claims");
export const needThemes = later<Theme[]>("themes");
export const needMomentum = later<Momentum>("momentum");
export const needPossible = later<Possible>("extremes");
