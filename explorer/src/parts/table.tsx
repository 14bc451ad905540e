import { computed, type ReadonlySignal, useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { State } from "../state";
import {
  bundle,
  change,
  cityName,
  countryName,
  fields,
  fixed,
  follow,
  hrefTo,
  language,
  nodeTitle,
  ownWeights,
  people,
  possibleRanks,
  percent,
  publishedRows,
  type Row,
  settledShown,
  settledStanding,
  shown,
  standing,
  type Standing,
  t,
  toggleCompared,
  weightsOf,
} from "../store";
import { usePrinted } from "./printed";
import { sight, useSight } from "./sight";

const FIRST = 100;
const GROUP = 10;
type Ranged = Pick<Row, "rank" | "low" | "high" | "outside">;

/** Place of a rank on a line of 104, by square roots: the first ranks need the room. */
const along = (rank: number, last: number): string =>
  (4 + 96 * Math.sqrt((rank - 1) / Math.max(last - 1, 1))).toFixed(1);

/** A range on a line from rank 1 to the last. The dot is the rank. */
export function Whisker({ row, last }: { row: Ranged; last: number }) {
  return (
    <svg class="whisker" viewBox="0 0 104 14" aria-hidden="true">
      <line x1="4" x2="100" y1="7" y2="7" class="axis" />
      <line x1={along(row.low, last)} x2={along(row.high, last)} y1="7" y2="7" class="range" />
      <circle cx={along(row.rank, last)} cy="7" r="3.6" />
    </svg>
  );
}

export const rangeText = (row: Ranged): string =>
  `${Math.round(row.low)}–${Math.round(row.high)}${row.outside ? "*" : ""}`;

/** A bar of 0 to 100. A signal moves it without rendering anew what stands around it. */
export function Bar({ value, color = "" }: { value: number | ReadonlySignal<number>; color?: string }) {
  return (
    <svg class={`bar ${color}`} viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="8" />
      <rect class="fill" width={typeof value === "number" ? Math.max(0, Math.min(100, value)) : value} height="8" />
    </svg>
  );
}

const columnPath = (place: number, height: number): string => `M${place * 8} 24v${-height}h6v${height}z`;

const pillarNodes = computed(() => {
  const { meta, tree } = bundle.value!;
  return meta.pillars.map((id) => tree.names.indexOf(id));
});

interface ColumnOf {
  id: string;
  title: string;
  class: string;
  help?: string;
  /** The direction that is asked for first. */
  down?: boolean;
}

const pillarsShown = computed(() => fields.view.value === "pillars");

function columns(): ColumnOf[] {
  const own = ownWeights.value;
  const possible = (possibleRanks.value?.length ?? 0) > 0;
  const standingOf: ColumnOf[] = own
    ? [{ id: "default", title: t("defaultRank"), class: "num wide", help: t("defaultRankHelp") }]
    : [
        { id: "low", title: t("range"), class: "wide", help: t("rangeHelp", { n: bundle.value!.meta.framework.uncertainty.replicates }) },
        { id: "tier", title: t("tier"), class: "num wide", help: t("tierHelp") },
      ];
  const ends: ColumnOf[] = [
    { id: "best", title: t("bestRank"), class: "num wide", help: t("possibleHelp") },
    { id: "worst", title: t("worstRank"), class: "num wide", help: t("possibleHelp") },
  ];
  const about: ColumnOf[] = [
    { id: "population", title: t("population"), class: "num wider", down: true },
    { id: "coverage", title: t("coverage"), class: "num wide", help: t("coverageHelp"), down: true },
  ];
  const pillars = bundle.value!.meta.pillars.map((id) => ({ id, title: nodeTitle(id), class: "num pillar", down: true }));
  return [
    { id: "rank", title: t("rank"), class: "num" },
    ...standingOf,
    ...(possible ? ends : []),
    { id: "city", title: t("city"), class: "" },
    ...(pillarsShown.value ? [] : [{ id: "country", title: t("country"), class: "wide" }]),
    { id: "score", title: t("score"), class: "num", down: true },
    ...(pillarsShown.value ? pillars : about),
  ];
}

function Head({ column }: { column: ColumnOf }) {
  const sort = fields.sort.value;
  const mine = sort.replace("-", "") === column.id;
  const next = mine ? (sort.startsWith("-") ? column.id : `-${column.id}`) : column.down ? `-${column.id}` : column.id;
  return (
    <th
      scope="col"
      class={column.class}
      aria-sort={mine ? (sort.startsWith("-") ? "descending" : "ascending") : undefined}
    >
      <button type="button" title={column.help ?? t("sortBy", { name: column.title })} onClick={() => change({ sort: next })}>
        {column.title}
        <span aria-hidden="true" class="arrow">
          {mine ? (sort.startsWith("-") ? "▼" : "▲") : ""}
        </span>
      </button>
    </th>
  );
}

/** Rank under the default weights, and how many places the reader's weights move the city: ▲ up, ▼ down. */
function moved(own: number, published: number): string {
  if (own === published) return String(published);
  return `${published} ${own < published ? "▲" : "▼"}${Math.abs(own - published)}`;
}

/** What a line says whatever the weights are. */
function wordsOf(at: number) {
  const city = bundle.value!.cities[at]!;
  const name = cityName(city);
  return {
    slug: city.slug,
    name,
    english: name === city.name ? "" : ` ${city.name}`,
    country: countryName(city.country),
    population: people(city.population),
    coverage: percent(city.coverage),
    label: t("select", { name }),
  };
}

/** Words of each city in the page's language, made once: names of countries and formats of numbers cost time. */
const known = computed(() => {
  language.value;
  bundle.value;
  return new Map<number, ReturnType<typeof wordsOf>>();
});

function knownWords(at: number): ReturnType<typeof wordsOf> {
  let words = known.value.get(at);
  if (!words) known.value.set(at, (words = wordsOf(at)));
  return words;
}

/** What a line of the table says, in words and lengths. */
function lineOf(at: number, { ranks, score, scores }: Standing) {
  const words = knownWords(at);
  const row = publishedRows.value[at]!;
  const heights = pillarNodes.value.map((node) => Math.max(1, Math.round(scores[node]![at]! * 0.24)));
  const standing = ownWeights.value
    ? `${t("defaultRank")} ${row.rank}`
    : `${rangeText(row)} · ${t("tierN", { n: row.tier })}`;
  const possible = possibleRanks.value?.[at];
  const ends = possible ? ` · ${t("possible", { best: possible[0], worst: possible[2] })}` : "";
  return {
    ...words,
    rank: String(ranks[at]),
    default: moved(ranks[at]!, row.rank),
    tier: String(row.tier),
    below: `${words.country} · ${standing}${ends}`,
    score: fixed(score[at]!),
    width: Math.round(score[at]! * 10) / 10,
    profile: heights.map((height, place) => columnPath(place, height)).join(""),
  };
}

/** The score of one pillar, as number and bar. */
function Pillar({ near, at, node }: { near: ReadonlySignal<boolean>; at: ReadonlySignal<number>; node: number }) {
  const score = useComputed(() => (near.value ? standing : settledStanding).value.scores[node]![at.value]!);
  return (
    <td class="num pillar">
      {useComputed(() => fixed(score.value, 0))}
      <Bar value={useComputed(() => Math.round(score.value * 10) / 10)} />
    </td>
  );
}

/**
 * One line: the city that stands at a place. Its words are bound by signals, so that a moved weight writes the few that
 * differ. Out of sight they follow when the slider rests (parts/sight.ts).
 */
function Line({ place, near, own }: { place: number; near: ReadonlySignal<boolean>; own: boolean }) {
  const at = useComputed(() => (near.value ? shown : settledShown).value[place] ?? 0);
  const line = useComputed(() => lineOf(at.value, (near.value ? standing : settledStanding).value));
  const says = <K extends keyof ReturnType<typeof lineOf>>(key: K) => useComputed(() => line.value[key]);
  // hooks: in one order, whatever is shown
  const [slug, published, tier] = [says("slug"), says("default"), says("tier")];
  const [country, population, coverage, profile] = [says("country"), says("population"), says("coverage"), says("profile")];
  const goal = (): Partial<State> => ({ page: "city", city: slug.value });
  return (
    <tr data-slug={slug} aria-rowindex={place + 2}>
      <td class="num rank">{says("rank")}</td>
      {own ? (
        <td class="num wide">{published}</td>
      ) : (
        <>
          <td class="wide range-cell">
            <Range at={at} />
          </td>
          <td class="num wide">{tier}</td>
        </>
      )}
      {(possibleRanks.value?.length ?? 0) > 0 && (
        <>
          <PossibleRank at={at} end={0} />
          <PossibleRank at={at} end={1} />
        </>
      )}
      <th scope="row">
        <a href={useComputed(() => hrefTo(goal()))} onClick={(event) => follow(event, goal())}>
          {says("name")}
        </a>
        <span class="english">{says("english")}</span>
        <span class="below">{says("below")}</span>
      </th>
      {!pillarsShown.value && <td class="wide">{country}</td>}
      <td class="num score">
        {says("score")}
        <Bar value={says("width")} />
      </td>
      {pillarsShown.value ? (
        pillarNodes.value.map((node) => <Pillar key={node} near={near} at={at} node={node} />)
      ) : (
        <>
          <td class="num wider">{population}</td>
          <td class="num wide">{coverage}</td>
          <td class="wider">
            <Profile at={at} path={profile} />
          </td>
        </>
      )}
      <td class="pick">
        <input
          type="checkbox"
          checked={useComputed(() => fields.compare.value.includes(slug.value))}
          aria-label={says("label")}
          onChange={() => toggleCompared(slug.value)}
        />
      </td>
    </tr>
  );
}

/** A rank that some weights give, as a link to these weights; in brackets what no weights can pass, where unproven. */
function PossibleRank({ at, end }: { at: ReadonlySignal<number>; end: 0 | 1 }) {
  const row = possibleRanks.value?.[at.value];
  if (!row) return <td class="num wide" />;
  const [rank, bound] = end === 0 ? [row[0], row[1]] : [row[2], row[3]];
  const goal = { weights: weightsOf(row[4 + end] as number[]) };
  return (
    <td class="num wide">
      <a href={hrefTo(goal)} title={t("possibleLink")} onClick={(event) => follow(event, goal)}>
        {rank}
      </a>
      {bound !== rank && <span class="help"> [{bound}]</span>}
    </td>
  );
}

function Range({ at }: { at: ReadonlySignal<number> }) {
  const row = publishedRows.value[at.value]!;
  return (
    <>
      <span class="range-text">{rangeText(row)}</span>
      <Whisker row={row} last={publishedRows.value.length} />
    </>
  );
}

/** The pillars of a city as small columns; their numbers stand on the city's page. */
function Profile({ at, path }: { at: ReadonlySignal<number>; path: ReadonlySignal<string> }) {
  const nodes = pillarNodes.value;
  const title = useComputed(() => {
    const { scores } = settledStanding.value;
    const { names } = bundle.value!.tree;
    return nodes.map((node) => `${nodeTitle(names[node]!)} ${fixed(scores[node]![at.value]!, 0)}`).join(" · ");
  });
  return (
    <svg class="profile" viewBox={`0 0 ${nodes.length * 8} 24`} aria-hidden="true">
      <title>{title}</title>
      <path class="track" d={nodes.map((_, place) => columnPath(place, 24)).join("")} />
      <path class="fill" d={path} />
    </svg>
  );
}

export function RankingTable() {
  const frame = useRef<HTMLDivElement>(null);
  const whole = useSignal(false);
  const printed = usePrinted();
  const count = useComputed(() => shown.value.length).value;
  const last = publishedRows.value.length;
  const own = ownWeights.value;
  const listed = whole.value || printed.value ? count : Math.min(count, FIRST);
  const groups = Math.ceil(listed / GROUP);
  useSight(frame, groups);
  useEffect(() => void performance.mark("first table"), []);
  return (
    <>
      <div class="table-frame" ref={frame}>
        <table class={pillarsShown.value ? "ranking analyst" : "ranking"} aria-rowcount={count + 1}>
          <caption>
            {t("shown", { n: count, total: last })}
            {!own && <span class="help"> {t("tierHelp")}</span>}
          </caption>
          <thead>
            <tr aria-rowindex={1}>
              {columns().map((column) => (
                <Head key={column.id} column={column} />
              ))}
              {!pillarsShown.value && (
                <th scope="col" class="wider">
                  {t("profile")}
                </th>
              )}
              <th scope="col" class="pick">
                <span class="hidden">{t("compare")}</span>
              </th>
            </tr>
          </thead>
          {Array.from({ length: groups }, (_, group) => (
            <Lines key={group} group={group} end={Math.min(listed, (group + 1) * GROUP)} own={own} />
          ))}
        </table>
      </div>
      {count > FIRST && (
        <p class="more">
          <button type="button" class="plain" onClick={() => (whole.value = !whole.value)}>
            {whole.value ? t("showFewer", { n: FIRST }) : t("showAll", { n: count })}
          </button>
        </p>
      )}
    </>
  );
}

function Lines({ group, end, own }: { group: number; end: number; own: boolean }) {
  const near = useComputed(() => group >= sight.value[0] && group <= sight.value[1]);
  const start = group * GROUP;
  return (
    <tbody>
      {Array.from({ length: end - start }, (_, place) => (
        <Line key={place} place={start + place} near={near} own={own} />
      ))}
    </tbody>
  );
}
