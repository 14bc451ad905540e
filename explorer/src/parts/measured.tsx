/** What is measured of a city: its pillars, where it stands out, what is missing, each indicator. */
import { type City, published, valueOf } from "../data";
import { competitionRanks } from "../rank";
import { amount, bundle, change, cityName, fixed, needEvidence, nodeTitle, scores, state, t } from "../store";
import { statusName } from "./status";
import { Bar } from "./table";

const PEERS = 10;
const STANDOUTS = 3;

export function Pillars({ city }: { city: City }) {
  const { meta, tree } = bundle.value!;
  return (
    <section class="panel">
      <h2>{t("pillars")}</h2>
      <table class="bars">
        <tbody>
          {[...meta.sides.flatMap((id) => [id, ...childrenIds(id)])].map((id) => {
            const score = scores.value[tree.names.indexOf(id)]![city.at]!;
            return (
              <tr key={id} class={meta.sides.includes(id) ? "side-row" : undefined}>
                <th scope="row">{nodeTitle(id)}</th>
                <td class="num">{fixed(score)}</td>
                <td class="grow">
                  <Bar value={score} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

const childrenIds = (id: string): string[] => {
  const { tree } = bundle.value!;
  const at = tree.names.indexOf(id);
  return tree.names.filter((_, node) => node >= tree.leaves && tree.parents[node] === at);
};

const median = (values: number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** Indicators whose score differs most from the median of the cities next to it in the edition's own rank. */
export function Standouts({ city }: { city: City }) {
  const one = bundle.value!;
  const evidence = needEvidence();
  if (!evidence) return <section class="panel">{t("loading")}</section>;
  const { lens, boundary } = state.value;
  const table = one.cities
    .slice(0, one.meta.edition.ranked)
    .map((other) => ({ other, rank: published(one, lens, boundary, "", other.at).rank }))
    .sort((a, b) => a.rank - b.rank || a.other.at - b.other.at);
  const position = table.findIndex(({ other }) => other === city);
  const first = Math.max(position - PEERS / 2, 0);
  const peers = table.slice(first, first + PEERS + 1).filter(({ other }) => other !== city);
  const seen = (leaf: number, other: City): boolean => valueOf(one, evidence, leaf, boundary, other).value !== null;
  const found = one.tree.names.slice(0, one.tree.leaves).flatMap((id, leaf) => {
    const theirs = peers.filter(({ other }) => seen(leaf, other)).map(({ other }) => scores.value[leaf]![other.at]!);
    if (!seen(leaf, city) || theirs.length === 0) return [];
    const score = scores.value[leaf]![city.at]!;
    return [{ id, score, peers: median(theirs), difference: score - median(theirs) }];
  });
  found.sort((a, b) => b.difference - a.difference || (a.id < b.id ? -1 : 1));
  const above = found.slice(0, STANDOUTS).filter((item) => item.difference > 0);
  const below = found.slice(-STANDOUTS).reverse().filter((item) => item.difference < 0);
  return (
    <section class="panel">
      {([["strengths", above], ["weaknesses", below]] as const).map(([key, items]) => (
        <div key={key}>
          <h2>{t(key)}</h2>
          {items.length === 0 && <p>{t("none")}</p>}
          <ul class="standouts">
            {items.map((item) => (
              <li key={item.id}>
                <span>{nodeTitle(item.id)}</span>
                <strong class="num">{(item.difference > 0 ? "+" : "−") + fixed(Math.abs(item.difference), 0)}</strong>
                <span class="help num">{fixed(item.score, 0)} · {t("peers", { n: fixed(item.peers, 0) })}</span>
              </li>
            ))}
          </ul>
        </div>
      ))}
      <p class="help">{t("peersHelp")}</p>
    </section>
  );
}

export function Missing({ city }: { city: City }) {
  const one = bundle.value!;
  const evidence = needEvidence();
  if (!evidence) return null;
  const boundary = city.ranked ? state.value.boundary : one.meta.default_boundary;
  const absent = one.meta.indicators.flatMap((indicator, at) => {
    const value = valueOf(one, evidence, at, boundary, city);
    return at < one.tree.leaves && value.value === null ? [{ indicator, status: value.status }] : [];
  });
  return (
    <section class="panel">
      <h2>{t("missing")}</h2>
      {absent.length === 0 ? (
        <p>{t("nothingMissing")}</p>
      ) : (
        <ul class="missing">
          {absent.map(({ indicator, status }) => (
            <li key={indicator.id}>
              {nodeTitle(indicator.id)} <span class="status absent">{statusName(status)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

export function Indicators({ city }: { city: City }) {
  const one = bundle.value!;
  const evidence = needEvidence();
  if (!evidence) return <p>{t("loading")}</p>;
  const boundary = city.ranked ? state.value.boundary : one.meta.default_boundary;
  const rankAmong = (at: number): number | null => {
    if (!city.ranked || at >= one.tree.leaves) return null;
    const seen = one.cities
      .slice(0, one.meta.edition.ranked)
      .filter((other) => valueOf(one, evidence, at, boundary, other).value !== null);
    const place = seen.indexOf(city);
    return place < 0 ? null : competitionRanks(seen.map((other) => scores.value[at]![other.at]!))[place]!;
  };
  return (
    <section class="panel">
      <h2>{t("indicators")}</h2>
      <div class="table-frame">
        <table class="indicators">
          <thead>
            <tr>
              <th scope="col">{t("indicator")}</th>
              <th scope="col" class="num">{t("value")}</th>
              <th scope="col" class="wide">{t("period")}</th>
              <th scope="col" class="num">{t("normalised")}</th>
              <th scope="col" class="num wide">{t("indicatorRank")}</th>
              <th scope="col"><span class="hidden">{t("whereFrom")}</span></th>
            </tr>
          </thead>
          <tbody>
            {one.meta.indicators.map((indicator, at) => {
              const value = valueOf(one, evidence, at, boundary, city);
              const scored = city.ranked && at < one.tree.leaves;
              return (
                <tr key={indicator.id}>
                  <th scope="row">
                    {nodeTitle(indicator.id)}
                    <span class="below always">{value.unit}</span>
                  </th>
                  <td class="num">
                    {value.value === null ? "–" : amount(value.value)}
                    {value.status !== "observed" && (
                      <span class={`status ${value.value === null ? "absent" : ""}`}>{statusName(value.status)}</span>
                    )}
                  </td>
                  <td class="wide">{value.period}</td>
                  <td class="num score">
                    {scored ? fixed(scores.value[at]![city.at]!) : "–"}
                    {scored && <Bar value={scores.value[at]![city.at]!} color={value.value === null ? "guess" : ""} />}
                    {scored && value.value === null && <span class="status absent">{t("imputed")}</span>}
                  </td>
                  <td class="num wide">{rankAmong(at) ?? "–"}</td>
                  <td>
                    <button
                      type="button"
                      class="why"
                      aria-label={t("whereFromOf", { indicator: nodeTitle(indicator.id), city: cityName(city) })}
                      title={t("whereFrom")}
                      onClick={() => change({ trace: `${city.slug}:${indicator.id}` })}
                    >
                      ?
                    </button>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}
