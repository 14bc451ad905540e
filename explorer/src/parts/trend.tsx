import type { City } from "../data";
import { type CityMomentum, type Growth, type Momentum, needMomentum } from "../documents";
import type { Key } from "../i18n";
import { amount, fixed, t } from "../store";

const WIDEST = Math.log(8);
const place = (growth: number): number => 100 + (96 * Math.max(-WIDEST, Math.min(WIDEST, growth))) / WIDEST;
const VERDICTS: Record<CityMomentum["verdict"], Key> = { rising: "rising", falling: "falling", open: "trendOpen" };

/** A growth and its range on a line from an eighth to eight times; the middle is no change. */
function Span({ low, high, growth }: { low: number; high: number; growth: number }) {
  return (
    <svg class="span" viewBox="0 0 200 14" aria-hidden="true">
      <line x1="4" x2="196" y1="7" y2="7" class="axis" />
      <line x1="100" x2="100" y1="1" y2="13" class="zero" />
      <line x1={place(low)} x2={place(high)} y1="7" y2="7" class="range" />
      <circle cx={place(growth)} cy="7" r="4" />
    </svg>
  );
}

const times = (growth: number): string => `× ${fixed(Math.exp(growth), 2)}`;

/** Where the evidence about a city goes: its share of the world in two periods. Never part of the index. */
export function Trend({ city }: { city: City }) {
  const table = needMomentum();
  if (!table) return <section class="panel">{t("loading")}</section>;
  const found = Object.hasOwn(table.cities, city.slug) ? table.cities[city.slug] : undefined;
  return (
    <section class="panel trend">
      <h2>{t("trend")}</h2>
      {found ? <Growths table={table} found={found} /> : <p>{t("trendNone", { n: table.least_series })}</p>}
      <p class="help">{t("trendHelp")}</p>
    </section>
  );
}

function Growths({ table, found }: { table: Momentum; found: CityMomentum }) {
  const rows = table.series.filter((one) => found.series[one.id]?.early !== null && found.series[one.id] !== undefined);
  return (
    <>
      <p>
        <strong>{t(VERDICTS[found.verdict])}</strong>{" "}
        {t("trendShare", { x: fixed(Math.exp(found.momentum), 2), low: fixed(Math.exp(found.low), 2), high: fixed(Math.exp(found.high), 2) })}
      </p>
      <div class="table-frame">
        <table class="bars growths">
          <thead>
            <tr>
              <th scope="col">{t("trendSeries")}</th>
              <th scope="col" class="num">{t("trendCounts")}</th>
              <th scope="col" class="num">{t("trendOfShare")}</th>
              <th scope="col" class="wide"><span class="hidden">{t("range")}</span></th>
            </tr>
          </thead>
          <tbody>
            {rows.map((one) => (
              <Line key={one.id} title={one.title} periods={one.periods} combined={one.combined} growth={found.series[one.id]!} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Line({ title, periods, combined, growth }: { title: string; periods: [string, string]; combined: boolean; growth: Growth }) {
  return (
    <tr>
      <th scope="row">
        <span lang="en">{title}</span>
        <span class="below always">
          {periods.join(" → ")}
          {!combined && ` · ${t("trendNotCombined")}`}
          {growth.lower_bound && ` · ${t("statusLower")}`}
        </span>
      </th>
      <td class="num">
        {growth.early === null ? "–" : amount(growth.early)} → {growth.late === null ? "–" : amount(growth.late)}
      </td>
      <td class="num">{times(growth.growth)}</td>
      <td class="wide grow">
        <Span low={growth.low} high={growth.high} growth={growth.growth} />
      </td>
    </tr>
  );
}
