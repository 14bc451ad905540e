// The state of the page as signals: the link is the state, and everything else follows from it.
import { batch, computed, type ReadonlySignal, signal, untracked } from "@preact/signals";
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
import { needPossible, type PossibleRanks } from "./documents";
import { type Key, languageOf, message } from "./i18n";
import { nameIn } from "./i18n/names";
import { regionOf } from "./regions";
import { climb, competitionRanks, inOrder, weightless } from "./rank";
import { decode, encode, MOST_COMPARED, type State } from "./state";

export const bundle = signal<Bundle | undefined>(undefined);
export const failure = signal("");
export const state = signal<State>(decode(location.hash));
export const evidence = signal<Evidence | undefined>(undefined);
export const origins = signal<Origins | undefined>(undefined);

const field = <K extends keyof State>(key: K): ReadonlySignal<State[K]> => computed(() => state.value[key]);

/** Parts of the state as signals of their own: a moved weight wakes nobody who asks for something else. */
export const fields = {
  page: field("page"),
  lens: field("lens"),
  boundary: field("boundary"),
  regions: field("regions"),
  countries: field("countries"),
  minPopulation: field("minPopulation"),
  minCoverage: field("minCoverage"),
  sort: field("sort"),
  extremes: field("extremes"),
  view: field("view"),
  city: field("city"),
  compare: field("compare"),
};

/**
 * Weights while a slider moves. The state follows when it rests: what hangs on the state (words, map, addresses) costs
 * nothing until then.
 */
export const moving = signal<Record<string, number> | undefined>(undefined);
export const ownChoice = (): Record<string, number> => moving.value ?? state.value.weights;
const REST_MS = 120;
const LATE_MS = 40;
let resting: ReturnType<typeof setTimeout> | undefined;

function settle(next: State, write?: "pushState" | "replaceState"): void {
  clearTimeout(resting);
  performance.mark("rest");
  if (write) history[write](null, "", `#${encode(next)}`);
  batch(() => {
    state.value = next;
    moving.value = undefined;
  });
}

const now = (): State => ({ ...state.peek(), weights: moving.peek() ?? state.peek().weights });

addEventListener("hashchange", () => settle(decode(location.hash)));
addEventListener("pagehide", () => moving.peek() && settle(now(), "replaceState"));

/** Change the state. A new page makes an entry of the history. */
export function change(part: Partial<State>): void {
  const before = now();
  const next = { ...before, ...part };
  const turned = next.page !== before.page || next.city !== before.city;
  settle(next, turned ? "pushState" : "replaceState");
  if (turned) {
    scrollTo(0, 0);
    document.getElementById("content")?.focus({ preventScroll: true });
  }
}

/** Change weights while a slider moves: the address follows when it rests (browsers refuse hundreds of changes). */
export function slide(moved: Record<string, number>): void {
  moving.value = moved;
  rest();
}

/** Settle when no slider has moved for a while. A timer that comes late says that frames are still being drawn. */
function rest(): void {
  clearTimeout(resting);
  const late = performance.now() + REST_MS + LATE_MS;
  resting = setTimeout(() => (performance.now() > late ? rest() : settle(now(), "replaceState")), REST_MS);
}

/** Address of exactly what is on the screen. */
export const linkNow = (): string => `${location.href.split("#", 1)[0]}#${encode(now())}`;

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
  const own = ownChoice();
  return one.weights.map((weight, node) => own[one.tree.names[node]!] ?? weight);
});

export const ownWeights = computed(() => weights.value.some((weight, node) => weight !== bundle.value!.weights[node]));
export const zeroBelow = computed(() => (bundle.value ? weightless(bundle.value.tree, weights.value) : undefined));

const columns = computed(() =>
  bundle.value ? leafColumns(bundle.value, fields.lens.value, fields.boundary.value) : [],
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

export interface Standing {
  /** Under the reader's weights: score and rank of each ranked city, and their positions, best first. */
  score: Float64Array;
  ranks: Int32Array;
  order: number[];
  /** Scores of every node. */
  scores: Float64Array[];
}

export const standing = computed<Standing>(() => {
  const start = performance.now();
  const climbed = scores.value;
  const score = climbed[sideNode.value] ?? new Float64Array();
  const ranks = competitionRanks(score);
  const found = { score, ranks, order: inOrder(ranks), scores: climbed };
  performance.clearMeasures("rank");
  performance.measure("rank", { start });
  return found;
});

/** A value as it was when the slider last rested. */
const rested = <T>(now: ReadonlySignal<T>): ReadonlySignal<T> =>
  computed(() => {
    state.value;
    bundle.value;
    return untracked(() => now.value);
  });

export const settledStanding = rested(standing);

/** What the edition says of each ranked city under its own weights. */
export const publishedRows = computed<Published[]>(() => {
  const one = bundle.value;
  if (!one) return [];
  const [lens, boundary] = [fields.lens.value, fields.boundary.value];
  return one.cities.slice(0, one.meta.edition.ranked).map(({ at }) => published(one, lens, boundary, side.value, at));
});

export interface Row extends Published {
  city: City;
  /** Under the reader's weights; `rank` is the edition's. */
  own: number;
  score: number;
}

/** All ranked cities, best first. */
export const ranking = computed<Row[]>(() => {
  const { score, ranks, order } = standing.value;
  const listed = publishedRows.value;
  return order.map((at) => ({ ...listed[at]!, city: bundle.value!.cities[at]!, score: score[at]!, own: ranks[at]! }));
});

export const settledRanking = rested(ranking);
export const rowOf = computed(() => new Map(ranking.value.map((row) => [row.city.at, row])));

/** Which ranked cities pass the filters. */
const passing = computed<boolean[]>(() => {
  const one = bundle.value;
  if (!one) return [];
  const [countries, population] = [fields.countries.value, fields.minPopulation.value];
  const [regions, coverage] = [fields.regions.value, fields.minCoverage.value];
  return one.cities.slice(0, one.meta.edition.ranked).map(
    (city) =>
      (countries.length === 0 || countries.includes(city.country)) &&
      (regions.length === 0 || regions.includes(regionOf(city.country))) &&
      city.population >= population &&
      city.coverage >= coverage - 1e-9,
  );
});

/** Positions of the cities that pass the filters, in the order that was asked for. */
export const shown = computed<number[]>(() => {
  const pass = passing.value;
  const kept = standing.value.order.filter((at) => pass[at]);
  const sort = fields.sort.value;
  const down = sort.startsWith("-");
  const by = sortBy(sort.replace("-", ""));
  if (by === undefined || sort === "rank") return kept;
  const place = new Int32Array(pass.length);
  kept.forEach((at, order) => (place[at] = order));
  const keys = new Map(kept.map((at) => [at, by(at)]));
  const { compare } = new Intl.Collator(language.value);
  return kept.sort((a, b) => {
    const [x, y] = [keys.get(a)!, keys.get(b)!];
    const order = typeof x === "string" ? compare(x, String(y)) : x - Number(y);
    return (down ? -order : order) || place[a]! - place[b]!;
  });
});

export const shownRows = computed<Row[]>(() => shown.value.map((at) => rowOf.value.get(at)!));

export const settledShown = rested(shown);
export const settledRows = rested(shownRows);

/** Best and worst possible ranks, where they were asked for; undefined while they load, none where not computed. */
export const possibleRanks = computed<PossibleRanks[] | undefined>(() => {
  const kind = fields.extremes.value;
  const found = kind ? needPossible() : undefined;
  if (!found) return undefined;
  const same = found.lens === fields.lens.value && found.side === side.value && found.boundary === fields.boundary.value;
  return (same && found.sets[kind]) || [];
});

/** Weights of a link from those of every node. */
export function weightsOf(nodes: number[]): Record<string, number> {
  const { tree, weights: declared } = bundle.value!;
  return Object.fromEntries(nodes.flatMap((weight, node) => (weight === declared[node] ? [] : [[tree.names[node]!, weight]])));
}

const cityAt = (at: number): City => bundle.value!.cities[at]!;

export const SORTS: Record<string, (at: number) => number | string> = {
  rank: (at) => standing.value.ranks[at]!,
  default: (at) => publishedRows.value[at]!.rank,
  low: (at) => publishedRows.value[at]!.low,
  best: (at) => possibleRanks.value?.[at]?.[0] ?? 0,
  worst: (at) => possibleRanks.value?.[at]?.[2] ?? 0,
  tier: (at) => publishedRows.value[at]!.tier,
  city: (at) => cityName(cityAt(at)),
  country: (at) => countryName(cityAt(at).country),
  score: (at) => standing.value.score[at]!,
  population: (at) => cityAt(at).population,
  coverage: (at) => cityAt(at).coverage,
};

/** What a column sorts by: one of SORTS, or the score of a side or pillar. */
function sortBy(id: string): ((at: number) => number | string) | undefined {
  const { meta, tree } = bundle.value!;
  if (![...meta.sides, ...meta.pillars].includes(id)) return SORTS[id];
  const column = standing.value.scores[tree.names.indexOf(id)]!;
  return (at) => column[at]!;
}

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

/** Making a format costs more than using it: each is made once a language. */
function formatOf(options: Intl.NumberFormatOptions): (value: number) => string {
  const made = computed(() => new Intl.NumberFormat(language.value, options));
  return (value) => made.value.format(value);
}

const withDigits = [0, 1, 2, 3, 4, 5, 6].map((digits) =>
  formatOf({ minimumFractionDigits: digits, maximumFractionDigits: digits }),
);
const significant = formatOf({ maximumSignificantDigits: 4 });
export const fixed = (value: number, digits = 1): string => withDigits[digits]!(value);
export const amount = (value: number): string => (Math.abs(value) < 1000 ? significant : withDigits[0]!)(value);
export const percent = formatOf({ style: "percent", maximumFractionDigits: 0 });
export const people = formatOf({ notation: "compact", maximumSignificantDigits: 3 });

export const nodeTitle = (id: string): string => {
  const one = bundle.value!;
  if (id === one.meta.root) return t("overall");
  const local = nameIn(language.value, id);
  if (local) return local;
  const node = one.meta.nodes.find((node) => node.id === id);
  return node?.title ?? one.meta.indicators.find((indicator) => indicator.id === id)?.title ?? id;
};

export function toggleCompared(slug: string): void {
  const chosen = state.value.compare;
  change({
    compare: chosen.includes(slug) ? chosen.filter((one) => one !== slug) : [...chosen, slug].slice(-MOST_COMPARED),
  });
}
