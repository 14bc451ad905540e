import { useEffect, useState } from "preact/hooks";
import { type City, published, valueOf } from "../data";
import { needClaims, needInitiatives, needMomentum, needThemes } from "../documents";
import { ClaimItem } from "../parts/claims";
import { Notice, Switches } from "../parts/controls";
import { Close } from "../parts/close";
import { CityDownloads } from "../parts/citysheet";
import { Deeds } from "../parts/deeds";
import { mapLabel, MiniMap } from "../parts/minimap";
import { statusName } from "../parts/status";
import { Bar, rangeText, Whisker } from "../parts/table";
import { Trend } from "../parts/trend";
import { competitionRanks } from "../rank";
import {
  amount,
  bundle,
  change,
  cityName,
  countryName,
  fixed,
  follow,
  hrefTo,
  needEvidence,
  nodeTitle,
  ownWeights,
  people,
  percent,
  ranking,
  rowOf,
  scores,
  state,
  t,
  toggleCompared,
} from "../store";

const PEERS = 10;
const STANDOUTS = 3;

export function CityPage() {
  const city = bundle.value!.bySlug.get(state.value.city);
  if (!city) {
    return (
      <>
        <h1>{t("noResult")}</h1>
        <BackLink />
      </>
    );
  }
  const row = rowOf.value.get(city.at);
  const chosen = state.value.compare.includes(city.slug);
  return (
    <article class="city">
      <BackLink />
      <header class="city-head">
        <div>
          <h1>
            <bdi>{cityName(city)}</bdi>
            {cityName(city) !== city.name && <bdi class="english"> {city.name}</bdi>}
          </h1>
          <p class="sub">
            {countryName(city.country)} · {t("population")} {people(city.population)} · {t("coverage")} {percent(city.coverage)}
          </p>
          <p class="row">
            {city.ranked && (
              <button type="button" class="plain" aria-pressed={chosen} onClick={() => toggleCompared(city.slug)}>
                {chosen ? t("removeCompare") : t("addCompare")}
              </button>
            )}
          </p>
        </div>
        {row && (
          <dl class="standing">
            <div>
              <dt>{t("rank")}</dt>
              <dd>{row.own}</dd>
            </div>
            {!ownWeights.value && (
              <>
                <div>
                  <dt title={t("rangeHelp", { n: bundle.value!.meta.framework.uncertainty.replicates })}>{t("range")}</dt>
                  <dd>{rangeText(row)}</dd>
                </div>
                <div>
                  <dt title={t("tierHelp")}>{t("tier")}</dt>
                  <dd>{row.tier}</dd>
                </div>
              </>
            )}
            <div>
              <dt>{t("score")}</dt>
              <dd>{fixed(row.score)}</dd>
            </div>
          </dl>
        )}
      </header>
      {!city.ranked && (
        <p class="notice warn">{t("notRanked", { share: percent(city.coverage), nonzero: city.nonzero })}</p>
      )}
      <Switches />
      <Notice />
      <CityDownloads city={city} />
      <Contents />
      {city.ranked && (
        <>
          <div class="two">
            <Pillars city={city} />
            <Standouts city={city} />
          </div>
        </>
      )}
      <Deeds city={city} />
      <ClaimsAbout city={city} />
      {city.ranked && (
        <div class="two">
          <RanksOf city={city} />
          <Neighbours city={city} />
        </div>
      )}
      {city.ranked && <Close city={city} />}
      <Trend city={city} />
      <Missing city={city} />
      <Indicators city={city} />
      <MiniMap dots={[]} marked={[city]} label={mapLabel([cityName(city)])} />
    </article>
  );
}

/** What the article says of the city; cities that it doesn't name have none. */
function ClaimsAbout({ city }: { city: City }) {
  const claims = needClaims()?.claims.filter((one) => one.city === city.slug) ?? [];
  if (claims.length === 0) return null;
  return (
    <section class="panel">
      <h2>{t("claimsAbout", { name: cityName(city) })}</h2>
      <p class="help">{t("verdictHelp")}</p>
      <ul class="claim-list">
        {claims.map((claim) => (
          <ClaimItem key={claim.id} claim={claim} />
        ))}
      </ul>
    </section>
  );
}

/** What is on this long page; each goes to its heading. */
function Contents() {
  // looked at anew when what the sections wait for has arrived
  for (const need of [needInitiatives, needThemes, needClaims, needMomentum, needEvidence]) need();
  const [titles, setTitles] = useState<string[]>([]);
  const headings = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>("article.city section h2")];
  useEffect(() => {
    const found = headings().map((one) => one.textContent ?? "");
    if (found.join() !== titles.join()) setTitles(found);
  });
  return (
    <nav class="contents" aria-label={t("onThisPage")}>
      {titles.map((title, at) => (
        <button
          key={title}
          type="button"
          class="link"
          onClick={() => {
            const goal = headings()[at];
            goal?.setAttribute("tabindex", "-1");
            goal?.focus({ preventScroll: true });
            goal?.scrollIntoView();
          }}
        >
          {title}
        </button>
      ))}
    </nav>
  );
}

function BackLink() {
  const goal = { page: "ranking" as const, city: "" };
  return (
    <p class="back">
      <a href={hrefTo(goal)} onClick={(event) => follow(event, goal)}>
        ← {t("back")}
      </a>
    </p>
  );
}

function Pillars({ city }: { city: City }) {
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
function Standouts({ city }: { city: City }) {
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

function RanksOf({ city }: { city: City }) {
  const one = bundle.value!;
  const { meta } = one;
  return (
    <section class="panel">
      <h2>{t("ranksOf")}</h2>
      <div class="table-frame" role="region" aria-label={t("ranksOf")} tabIndex={0}>
        <table class="ranks">
          <thead>
            <tr>
              <th scope="col">{t("lens")}</th>
              <th scope="col">{t("side")}</th>
              {meta.boundaries.map((boundary) => (
                <th key={boundary} scope="col" class="num">
                  {t(boundary as "core")}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {meta.lenses.flatMap((lens) =>
              ["", ...meta.sides].map((id) => (
                <tr key={`${lens} ${id}`}>
                  <th scope="row">{t(lens as "scale")}</th>
                  <td>{id ? nodeTitle(id) : t("both")}</td>
                  {meta.boundaries.map((boundary) => {
                    const here = published(one, lens, boundary, id, city.at);
                    return (
                      <td key={boundary} class="num">
                        <strong>{here.rank}</strong>
                        <span class="below always">
                          {Math.round(here.low)}–{Math.round(here.high)}
                        </span>
                      </td>
                    );
                  })}
                </tr>
              )),
            )}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Neighbours({ city }: { city: City }) {
  const rows = ranking.value;
  const at = rows.findIndex((row) => row.city === city);
  const near = rows.slice(Math.max(0, at - 3), at + 4);
  const tier = rows[at]!.tier;
  return (
    <section class="panel">
      <h2>{t("neighbours")}</h2>
      <ol class="near">
        {near.map((row) => {
          const goal = { page: "city" as const, city: row.city.slug };
          return (
            <li key={row.city.at} class={row.city === city ? "here" : undefined}>
              <span class="num">{row.own}</span>
              {row.city === city ? (
                <strong>{cityName(row.city)}</strong>
              ) : (
                <a href={hrefTo(goal)} onClick={(event) => follow(event, goal)}>
                  {cityName(row.city)}
                </a>
              )}
              {!ownWeights.value && <Whisker row={row} last={rows.length} />}
              <span class="num">{fixed(row.score)}</span>
            </li>
          );
        })}
      </ol>
      {!ownWeights.value && (
        <p class="help">{t("sameTier", { n: rows.filter((row) => row.tier === tier && row.city !== city).length })}</p>
      )}
    </section>
  );
}

function Missing({ city }: { city: City }) {
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
              {indicator.title} <span class="status absent">{statusName(status)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Indicators({ city }: { city: City }) {
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
                    {indicator.title}
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
                      aria-label={t("whereFromOf", { indicator: indicator.title, city: cityName(city) })}
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

