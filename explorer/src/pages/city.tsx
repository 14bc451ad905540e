import { useEffect, useState } from "preact/hooks";
import { type City, published } from "../data";
import { needClaims, needInitiatives, needMomentum, needThemes } from "../documents";
import { ClaimItem } from "../parts/claims";
import { Notice, Switches } from "../parts/controls";
import { Close } from "../parts/close";
import { CityDownloads } from "../parts/citysheet";
import { Deeds } from "../parts/deeds";
import { Indicators, Missing, Pillars, Standouts } from "../parts/measured";
import { mapLabel, MiniMap } from "../parts/minimap";
import { rangeText, Whisker } from "../parts/table";
import { Trend } from "../parts/trend";
import {
  bundle,
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
  state,
  t,
  toggleCompared,
} from "../store";

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
