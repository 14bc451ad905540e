import { useSignal } from "@preact/signals";
import type { Key } from "../i18n";
import {
  bundle,
  change,
  cityName,
  countryName,
  fixed,
  follow,
  hrefTo,
  nodeTitle,
  ownWeights,
  people,
  percent,
  ranking,
  type Row,
  scores,
  shownRows,
  state,
  t,
  toggleCompared,
} from "../store";

const FIRST = 100;

/** A range on a line from rank 1 to the last, by square roots: the first ranks need the room. The dot is the rank. */
export function Whisker({ row, last }: { row: Row; last: number }) {
  const place = (rank: number): string => (4 + 96 * Math.sqrt((rank - 1) / Math.max(last - 1, 1))).toFixed(1);
  return (
    <svg class="whisker" viewBox="0 0 104 14" aria-hidden="true">
      <line x1="4" x2="100" y1="7" y2="7" class="axis" />
      <line x1={place(row.low)} x2={place(row.high)} y1="7" y2="7" class="range" />
      <circle cx={place(row.rank)} cy="7" r="3.6" />
    </svg>
  );
}

export const rangeText = (row: Row): string =>
  `${Math.round(row.low)}–${Math.round(row.high)}${row.outside ? "*" : ""}`;

export function Bar({ value, color = "" }: { value: number; color?: string }) {
  return (
    <svg class={`bar ${color}`} viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="8" />
      <rect class="fill" width={Math.max(0, Math.min(100, value))} height="8" />
    </svg>
  );
}

/** The pillars of a city as small columns; their numbers stand on the city's page. */
function Profile({ at }: { at: number }) {
  const { meta, tree } = bundle.value!;
  const values = meta.pillars.map((id) => ({ id, score: scores.value[tree.names.indexOf(id)]![at]! }));
  const title = values.map(({ id, score }) => `${nodeTitle(id)} ${fixed(score, 0)}`).join(" · ");
  return (
    <svg class="profile" viewBox={`0 0 ${values.length * 8} 24`} aria-hidden="true">
      <title>{title}</title>
      {values.map(({ id, score }, place) => (
        <g key={id}>
          <rect class="track" x={place * 8} width="6" height="24" />
          <rect class="fill" x={place * 8} y={24 - Math.max(0.5, score * 0.24)} width="6" height={Math.max(0.5, score * 0.24)} />
        </g>
      ))}
    </svg>
  );
}

interface ColumnOf {
  id: string;
  key: Key;
  class: string;
  help?: Key;
  /** The direction that is asked for first. */
  down?: boolean;
}

function columns(): ColumnOf[] {
  const own = ownWeights.value;
  return [
    { id: "rank", key: "rank", class: "num" },
    ...(own
      ? [{ id: "default", key: "defaultRank" as const, class: "num wide", help: "defaultRankHelp" as const }]
      : [
          { id: "low", key: "range" as const, class: "wide", help: "rangeHelp" as const },
          { id: "tier", key: "tier" as const, class: "num wide", help: "tierHelp" as const },
        ]),
    { id: "city", key: "city", class: "" },
    { id: "country", key: "country", class: "wide" },
    { id: "score", key: "score", class: "num", down: true },
    { id: "population", key: "population", class: "num wider", down: true },
    { id: "coverage", key: "coverage", class: "num wide", help: "coverageHelp", down: true },
  ];
}

function Head({ column }: { column: ColumnOf }) {
  const sort = state.value.sort;
  const mine = sort.replace("-", "") === column.id;
  const next = mine ? (sort.startsWith("-") ? column.id : `-${column.id}`) : column.down ? `-${column.id}` : column.id;
  const help = column.help && t(column.help, { n: bundle.value!.meta.framework.uncertainty.replicates });
  return (
    <th
      scope="col"
      class={column.class}
      aria-sort={mine ? (sort.startsWith("-") ? "descending" : "ascending") : undefined}
    >
      <button type="button" title={help ?? t("sortBy", { name: t(column.key) })} onClick={() => change({ sort: next })}>
        {t(column.key)}
        <span aria-hidden="true" class="arrow">
          {mine ? (sort.startsWith("-") ? "▼" : "▲") : ""}
        </span>
      </button>
    </th>
  );
}

function Line({ row, last }: { row: Row; last: number }) {
  const own = ownWeights.value;
  const { city } = row;
  const name = cityName(city);
  const goal = { page: "city" as const, city: city.slug };
  const chosen = state.value.compare.includes(city.slug);
  const below = own
    ? `${countryName(city.country)} · ${t("defaultRank")} ${row.rank}`
    : `${countryName(city.country)} · ${rangeText(row)} · ${t("tierN", { n: row.tier })}`;
  return (
    <tr data-slug={city.slug}>
      <td class="num rank">{row.own}</td>
      {own ? (
        <td class="num wide">{row.rank}</td>
      ) : (
        <>
          <td class="wide range-cell">
            <span class="range-text">{rangeText(row)}</span>
            <Whisker row={row} last={last} />
          </td>
          <td class="num wide">{row.tier}</td>
        </>
      )}
      <th scope="row">
        <a href={hrefTo(goal)} onClick={(event) => follow(event, goal)}>
          {name}
        </a>
        {name !== city.name && <span class="english"> {city.name}</span>}
        <span class="below">{below}</span>
      </th>
      <td class="wide">{countryName(city.country)}</td>
      <td class="num score">
        {fixed(row.score)}
        <Bar value={row.score} />
      </td>
      <td class="num wider">{people(city.population)}</td>
      <td class="num wide">{percent(city.coverage)}</td>
      <td class="wider">
        <Profile at={city.at} />
      </td>
      <td class="pick">
        <input
          type="checkbox"
          checked={chosen}
          aria-label={t("select", { name })}
          onChange={() => toggleCompared(city.slug)}
        />
      </td>
    </tr>
  );
}

export function RankingTable() {
  const whole = useSignal(false);
  const rows = shownRows.value;
  const shown = whole.value ? rows : rows.slice(0, FIRST);
  const last = ranking.value.length;
  return (
    <>
      <div class="table-frame">
        <table class="ranking">
          <caption>
            {t("shown", { n: rows.length, total: last })}
            {!ownWeights.value && <span class="help"> {t("tierHelp")}</span>}
          </caption>
          <thead>
            <tr>
              {columns().map((column) => (
                <Head key={column.id} column={column} />
              ))}
              <th scope="col" class="wider">
                {t("profile")}
              </th>
              <th scope="col" class="pick">
                <span class="hidden">{t("compare")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <Line key={row.city.at} row={row} last={last} />
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > FIRST && (
        <p class="more">
          <button type="button" class="plain" onClick={() => (whole.value = !whole.value)}>
            {whole.value ? t("showFewer", { n: FIRST }) : t("showAll", { n: rows.length })}
          </button>
        </p>
      )}
    </>
  );
}
