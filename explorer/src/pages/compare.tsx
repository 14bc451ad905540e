import { useSignal } from "@preact/signals";
import type { City } from "../data";
import { Notice, Switches } from "../parts/controls";
import { Downloads, noteOf } from "../parts/downloads";
import { mapLabel, MiniMap } from "../parts/minimap";
import { CitySearch } from "../parts/search";
import { COLORS, type Picture } from "../picture";
import type { Cell, Sheet } from "../sheet";
import { rangeText } from "../parts/table";
import { leafShares } from "../rank";
import { MOST_COMPARED } from "../state";
import {
  bundle,
  change,
  cityName,
  fixed,
  follow,
  hrefTo,
  nodeTitle,
  ownWeights,
  rowOf,
  scores,
  sideNode,
  state,
  t,
  toggleCompared,
  weights,
  zeroBelow,
} from "../store";

/** A mark beside each colour, so that no one needs to tell the colours apart. */
const MARKS = ["●", "■", "▲", "◆", "✚"];

function Mark({ at }: { at: number }) {
  return (
    <span class={`mark color-${at}`} aria-hidden="true">
      {MARKS[at]}
    </span>
  );
}

export function ComparePage() {
  const cities = state.value.compare
    .map((slug) => bundle.value!.bySlug.get(slug))
    .filter((city): city is City => city !== undefined && city.ranked);
  return (
    <>
      <h1>{t("compare")}</h1>
      <p class="sub">{t("compareHelp")}</p>
      <Switches />
      <Notice />
      <div class="chosen">
        {cities.map((city, at) => (
          <span key={city.at} class="chip">
            <Mark at={at} /> {cityName(city)}
            <button type="button" aria-label={t("remove", { name: cityName(city) })} onClick={() => toggleCompared(city.slug)}>
              ×
            </button>
          </span>
        ))}
        {cities.length < MOST_COMPARED && (
          <CitySearch
            id="add"
            label={t("addCity")}
            onChoose={(city) => city.ranked && change({ compare: [...new Set([...state.value.compare, city.slug])].slice(-MOST_COMPARED) })}
          />
        )}
      </div>
      {cities.length >= 2 && (
        <>
          <Downloads sheet={() => sheetOf(cities)} picture={() => pictureOf(cities)} />
          <MiniMap dots={[]} marked={cities} label={mapLabel(cities.map(cityName))} />
          <SideBySide cities={cities} />
          <div class="gaps">
            {cities.slice(1).map((other, at) => (
              <Gap key={other.at} a={cities[0]!} b={other} at={at + 1} />
            ))}
          </div>
        </>
      )}
    </>
  );
}

const scoreOf = (id: string, city: City): number => scores.value[bundle.value!.tree.names.indexOf(id)]![city.at]!;

function spreadOf(id: string, cities: City[]): number {
  const all = cities.map((city) => scoreOf(id, city));
  return Math.max(...all) - Math.min(...all);
}

interface Group {
  level: "index" | "pillar" | "indicator";
  title: string;
  ids: string[];
}

/** What is compared, the largest difference first in each group. */
function groupsOf(cities: City[]): Group[] {
  const { meta, tree } = bundle.value!;
  const bySpread = (ids: string[]): string[] =>
    [...ids].sort((a, b) => spreadOf(b, cities) - spreadOf(a, cities) || (a < b ? -1 : 1));
  return [
    { level: "index", title: t("overall"), ids: [meta.root, ...bySpread(meta.sides)] },
    { level: "pillar", title: t("pillars"), ids: bySpread(meta.pillars) },
    { level: "indicator", title: t("indicators"), ids: bySpread(tree.names.slice(0, tree.leaves)) },
  ];
}

/**
 * What each indicator adds to the gap; together they are the gap. Under the arithmetic mean weight × difference, under
 * the geometric mean weight × difference of logarithms × the logarithmic mean of both scores (as `technopole why`).
 */
function gapParts(a: City, b: City): { id: string; part: number }[] {
  const one = bundle.value!;
  const { method, lowest } = one.meta.framework;
  const used = zeroBelow.value === undefined ? weights.value : one.weights;
  const shares = leafShares(one.tree, used, sideNode.value);
  const geometric = method.aggregation === "geometric";
  const taken = (score: number): number => (geometric ? Math.log(Math.max(score, lowest)) : score);
  const [x, y] = [scores.value[sideNode.value]![a.at]!, scores.value[sideNode.value]![b.at]!];
  const factor = !geometric ? 1 : x === y ? x : (x - y) / (Math.log(x) - Math.log(y));
  return one.tree.names
    .slice(0, one.tree.leaves)
    .map((id, leaf) => {
      const difference = taken(scores.value[leaf]![a.at]!) - taken(scores.value[leaf]![b.at]!);
      return { id, part: factor * shares[leaf]! * difference };
    })
    .filter((one) => one.part !== 0)
    .sort((x, y) => Math.abs(y.part) - Math.abs(x.part) || (x.id < y.id ? -1 : 1));
}

function sheetOf(cities: City[]): Sheet {
  const [first, ...others] = cities;
  const parts = others.map((other) => new Map(gapParts(first!, other).map(({ id, part }) => [id, part])));
  const line = (level: string, id: string): Cell[] => [
    id,
    nodeTitle(id),
    level,
    ...cities.map((city) => scoreOf(id, city)),
    spreadOf(id, cities),
    ...parts.map((gap) => (level === "indicator" ? (gap.get(id) ?? 0) : null)),
  ];
  return {
    name: `compare-${cities.map((city) => city.slug).join("-")}`,
    columns: [
      "node",
      "title",
      "level",
      ...cities.map((city) => `score_${city.slug}`),
      "spread",
      ...others.map((other) => `gap_${first!.slug}_${other.slug}`),
    ],
    rows: groupsOf(cities).flatMap(({ level, ids }) => ids.map((id) => line(level, id))),
    weighed: true,
    beside: {
      cities: cities.map((city) => {
        const row = rowOf.value.get(city.at)!;
        const range = ownWeights.value ? { low: null, high: null } : { low: row.low, high: row.high };
        return { id: city.id, slug: city.slug, name: city.name, country: city.country, rank: row.own, rank_low: range.low, rank_high: range.high };
      }),
    },
  };
}

function pictureOf(cities: City[]): Picture {
  const rows = groupsOf(cities).flatMap(({ title, ids }) => [
    { label: title, level: 0 as const, texts: [], lines: [] },
    ...ids.map((id) => ({
      label: nodeTitle(id),
      level: 1 as const,
      texts: cities.map((city) => fixed(scoreOf(id, city))),
      lines: cities.map((city, at) => [{ from: 0, to: scoreOf(id, city) / 100, color: COLORS[at]! }]),
    })),
  ]);
  const legend = cities.map((city, at) => ({ text: cityName(city), color: COLORS[at]! }));
  return { title: cities.map(cityName).join(" – "), note: noteOf(true), legend, rows };
}

function SideBySide({ cities }: { cities: City[] }) {
  return (
    <section class="panel">
      <div class="table-frame">
        <table class="compare">
          <thead>
            <tr>
              <td />
              {cities.map((city, at) => {
                const goal = { page: "city" as const, city: city.slug };
                return (
                  <th key={city.at} scope="col" class="num">
                    <Mark at={at} />{" "}
                    <a href={hrefTo(goal)} onClick={(event) => follow(event, goal)}>
                      {cityName(city)}
                    </a>
                  </th>
                );
              })}
              <th scope="col" class="num">{t("difference")}</th>
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">{t("rank")}</th>
              {cities.map((city) => (
                <td key={city.at} class="num">
                  <strong>{rowOf.value.get(city.at)!.own}</strong>
                  {!ownWeights.value && <span class="below always">{rangeText(rowOf.value.get(city.at)!)}</span>}
                </td>
              ))}
              <td />
            </tr>
          </tbody>
          {groupsOf(cities).map(({ title, ids }) => (
            <tbody key={title}>
              <tr class="group">
                <th colSpan={cities.length + 2} scope="colgroup">{title}</th>
              </tr>
              {ids.map((id) => (
                <tr key={id}>
                  <th scope="row">{nodeTitle(id)}</th>
                  {cities.map((city, at) => (
                    <td key={city.at} class="num">
                      {fixed(scoreOf(id, city))}
                      <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                        <rect class="track" width="100" height="8" />
                        <rect class={`color-${at}`} width={Math.max(0, scoreOf(id, city))} height="8" />
                      </svg>
                    </td>
                  ))}
                  <td class="num">{fixed(spreadOf(id, cities))}</td>
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      </div>
    </section>
  );
}

const FIRST = 8;

/** The gap to the first city, by indicator. */
function Gap({ a, b, at }: { a: City; b: City; at: number }) {
  const whole = useSignal(false);
  const parts = gapParts(a, b);
  const shown = whole.value ? parts : parts.slice(0, FIRST);
  const rest = parts.slice(shown.length);
  const x = rowOf.value.get(a.at)!.score;
  const y = rowOf.value.get(b.at)!.score;
  const sum = (some: { part: number }[]): number => some.reduce((total, one) => total + one.part, 0);
  const widest = Math.max(...parts.map((one) => Math.abs(one.part)), Math.abs(sum(rest)), 1e-9);
  const signed = (value: number): string => (value < 0 ? "−" : "+") + fixed(Math.abs(value), 2);
  const lines = [
    ...shown.map(({ id, part }) => ({ key: id, title: nodeTitle(id), part })),
    ...(rest.length > 0 ? [{ key: "", title: t("gapRest", { n: rest.length }), part: sum(rest) }] : []),
  ];
  return (
    <section class="panel gap">
      <h2>
        {t("gap")}: <Mark at={0} /> <bdi>{cityName(a)}</bdi> – <Mark at={at} /> <bdi>{cityName(b)}</bdi>
      </h2>
      <p class="help">
        {t("gapHelp", { a: cityName(a), b: cityName(b), x: fixed(x, 2), y: fixed(y, 2), gap: fixed(x - y, 2) })}
      </p>
      <table class="bars">
        <tbody>
          {lines.map(({ key, title, part }) => (
            <tr key={key} class={key === "" ? "rest" : undefined}>
              <th scope="row">{title}</th>
              <td class="num">{signed(part)}</td>
              <td class="grow">
                <svg class="diverging" viewBox="-100 0 200 8" preserveAspectRatio="none" aria-hidden="true">
                  <rect
                    class={`color-${part > 0 ? 0 : at}`}
                    x={part > 0 ? 0 : (100 * part) / widest}
                    width={(100 * Math.abs(part)) / widest}
                    height="8"
                  />
                  <line x1="0" x2="0" y1="0" y2="8" />
                </svg>
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t("sum")}</th>
            <td class="num">
              <strong>{signed(sum(parts))}</strong>
            </td>
            <td>
              {parts.length > FIRST && (
                <button type="button" class="link" onClick={() => (whole.value = !whole.value)}>
                  {whole.value ? t("showFewer", { n: FIRST }) : t("showAll", { n: parts.length })}
                </button>
              )}
            </td>
          </tr>
        </tfoot>
      </table>
    </section>
  );
}
