// The state of the page as signals: the link is the state, and everything else follows from it.
import { computed, signal } from "@preact/signals";
import {
  type Bundle,
  type City,
  type Evidence,
  leafColumns,
  loadEvidence,
  loadOrigins,
  type Origins,
  type Published,
  published,
} from "./data";
import { type Key, languageOf, message } from "./i18n";
import { climb, competitionRanks, inOrder, weightless } from "./rank";
import { decode, encode, MOST_COMPARED, type State } from "./state";

export const bundle = signal<Bundle | undefined>(undefined);
export const failure = signal("");
export const state = signal<State>(decode(location.hash));
export const evidence = signal<Evidence | undefined>(undefined);
export const origins = signal<Origins | undefined>(undefined);

addEventListener("hashchange", () => {
  state.value = decode(location.hash);
});

/** Change the state. A new page makes an entry of the history, a slider's move doesn't. */
export function change(part: Partial<State>): void {
  const before = state.value;
  const next = { ...before, ...part };
  const hash = `#${encode(next)}`;
  const turned = next.page !== before.page || next.city !== before.city;
  state.value = next;
  history[turned ? "pushState" : "replaceState"](null, "", hash);
  if (turned) {
    scrollTo(0, 0);
    document.getElementById("content")?.focus({ preventScroll: true });
  }
}

export const hrefTo = (part: Partial<State>): string => `#${encode({ ...state.value, ...part })}`;

/** Follow a link within the page without losing what isn't in it; other clicks (new tab) are the browser's. */
export function follow(event: MouseEvent, part: Partial<State>): void {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  change(part);
}

export const language = computed(() => languageOf(state.value.language, navigator.languages));
export const t = (key: Key, values: Record<string, string | number> = {}): string =>
  message(language.value, key, values);

let asked = { evidence: false, origins: false };

export function needEvidence(): Evidence | undefined {
  if (!asked.evidence && bundle.value) {
    asked = { ...asked, evidence: true };
    loadEvidence().then(
      (loaded) => (evidence.value = loaded),
      (error: unknown) => (failure.value = String(error)),
    );
  }
  return evidence.value;
}

export function needOrigins(): Origins | undefined {
  if (!asked.origins && bundle.value) {
    asked = { ...asked, origins: true };
    loadOrigins().then(
      (loaded) => (origins.value = loaded),
      (error: unknown) => (failure.value = String(error)),
    );
  }
  return origins.value;
}

/** The side that is ranked: "" for the whole index, also where the link names one that isn't there. */
export const side = computed(() => {
  const wanted = state.value.side;
  return bundle.value?.meta.sides.includes(wanted) ? wanted : "";
});

/** Weight of every node: the framework's, with the reader's own. */
export const weights = computed(() => {
  const one = bundle.value;
  if (!one) return new Float64Array();
  return one.weights.map((weight, node) => state.value.weights[one.tree.names[node]!] ?? weight);
});

export const ownWeights = computed(() => weights.value.some((weight, node) => weight !== bundle.value!.weights[node]));
export const zeroBelow = computed(() => (bundle.value ? weightless(bundle.value.tree, weights.value) : undefined));

const columns = computed(() =>
  bundle.value ? leafColumns(bundle.value, state.value.lens, state.value.boundary) : [],
);

/** Scores of every node under the reader's weights; the framework's own where theirs leave a node without weight. */
export const scores = computed(() => {
  const one = bundle.value;
  if (!one) return [];
  const { method, lowest } = one.meta.framework;
  const used = zeroBelow.value === undefined ? weights.value : one.weights;
  return climb(columns.value, one.tree, used, method.aggregation, lowest);
});

export const sideNode = computed(() => {
  const one = bundle.value;
  return one ? one.tree.names.indexOf(side.value || one.meta.root) : 0;
});

export interface Row extends Published {
  city: City;
  /** Under the reader's weights; `rank` is the edition's. */
  own: number;
  score: number;
}

/** All ranked cities, best first. */
export const ranking = computed<Row[]>(() => {
  const one = bundle.value;
  if (!one) return [];
  const { lens, boundary } = state.value;
  const score = scores.value[sideNode.value]!;
  const ranks = competitionRanks(score);
  return inOrder(ranks).map((at) => ({
    ...published(one, lens, boundary, side.value, at),
    city: one.cities[at]!,
    score: score[at]!,
    own: ranks[at]!,
  }));
});

export const rowOf = computed(() => new Map(ranking.value.map((row) => [row.city.at, row])));

/** Rows that pass the filters, in the order that was asked for. */
export const shownRows = computed<Row[]>(() => {
  const { countries, minPopulation, minCoverage, sort } = state.value;
  const kept = ranking.value.filter(
    ({ city }) =>
      (countries.length === 0 || countries.includes(city.country)) &&
      city.population >= minPopulation &&
      city.coverage >= minCoverage - 1e-9,
  );
  const down = sort.startsWith("-");
  const by = SORTS[sort.replace("-", "")];
  if (by === undefined || sort === "rank") return kept;
  const place = new Map(kept.map((row, at) => [row, at]));
  return [...kept].sort((a, b) => {
    const x = by(a);
    const y = by(b);
    const order = typeof x === "string" ? x.localeCompare(String(y), language.value) : x - Number(y);
    return (down ? -order : order) || place.get(a)! - place.get(b)!;
  });
});

export const SORTS: Record<string, (row: Row) => number | string> = {
  rank: (row) => row.own,
  default: (row) => row.rank,
  low: (row) => row.low,
  tier: (row) => row.tier,
  city: (row) => cityName(row.city),
  country: (row) => countryName(row.city.country),
  score: (row) => row.score,
  population: (row) => row.city.population,
  coverage: (row) => row.city.coverage,
};

/** Name of a city in the page's language; the English name where none is known. */
export const cityName = (city: City): string => city.local[language.value] ?? city.name;

const regions = computed(() => {
  const of = (style: "long" | "short"): Intl.DisplayNames =>
    new Intl.DisplayNames([language.value, "en"], { type: "region", style });
  return { long: of("long"), short: of("short") };
});

/** Name of a country or region in the page's language; Hong Kong and Macao by their short names. */
export function countryName(code: string): string {
  try {
    return regions.value[code === "HK" || code === "MO" ? "short" : "long"].of(code) ?? code;
  } catch {
    return code;
  }
}

const formats = new Map<string, Intl.NumberFormat>();

/** Making a format costs more than using it: each is made once. */
function format(options: Intl.NumberFormatOptions, value: number): string {
  const key = language.value + JSON.stringify(options);
  let known = formats.get(key);
  if (!known) formats.set(key, (known = new Intl.NumberFormat(language.value, options)));
  return known.format(value);
}

export const fixed = (value: number, digits = 1): string =>
  format({ minimumFractionDigits: digits, maximumFractionDigits: digits }, value);
export const amount = (value: number): string =>
  format(Math.abs(value) < 1000 ? { maximumSignificantDigits: 4 } : { maximumFractionDigits: 0 }, value);
export const percent = (value: number): string => format({ style: "percent", maximumFractionDigits: 0 }, value);
export const people = (value: number): string => format({ notation: "compact", maximumSignificantDigits: 3 }, value);

export const nodeTitle = (id: string): string => {
  const one = bundle.value!;
  if (id === one.meta.root) return t("overall");
  const node = one.meta.nodes.find((node) => node.id === id);
  return node?.title ?? one.meta.indicators.find((indicator) => indicator.id === id)?.title ?? id;
};

export function toggleCompared(slug: string): void {
  const chosen = state.value.compare;
  change({
    compare: chosen.includes(slug) ? chosen.filter((one) => one !== slug) : [...chosen, slug].slice(-MOST_COMPARED),
  });
}
