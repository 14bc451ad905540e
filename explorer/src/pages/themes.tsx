import { useEffect } from "preact/hooks";
import { type Claim, type Initiative, needClaims, needInitiatives, needThemes, type Theme } from "../documents";
import type { Key } from "../i18n";
import { ClaimItem } from "../parts/claims";
import { Deed } from "../parts/deeds";
import { Downloads, noteOf } from "../parts/downloads";
import { Outside } from "../parts/outside";
import { FILL, type Picture } from "../picture";
import type { Sheet } from "../sheet";
import { amount, bundle, cityName, nodeTitle, percent, state, t } from "../store";

const KINDS: Record<string, Key> = {
  city: "kindCity",
  region: "kindRegion",
  country: "kindCountry",
  "evidence only": "kindEvidence",
  "not measured": "kindNone",
};
export const kindName = (kind: string): string => (KINDS[kind] ? t(KINDS[kind]) : kind);

export function ThemesPage() {
  const themes = needThemes();
  const wanted = state.value.theme;
  const here = themes !== undefined;
  useEffect(() => {
    if (here && wanted) document.getElementById(`theme-${wanted}`)?.scrollIntoView();
  }, [here, wanted]);
  return (
    <article class="themes-page">
      <h1>{t("themes")}</h1>
      <p class="sub">{t("themesHelp")}</p>
      {themes ? (
        <>
          <Kinds themes={themes} />
          <Downloads sheet={() => sheetOf(themes)} picture={() => pictureOf(themes)} />
          {themes.map((theme) => (
            <ThemePanel key={theme.id} theme={theme} />
          ))}
        </>
      ) : (
        <p>{t("loading")}</p>
      )}
    </article>
  );
}

function sheetOf(themes: Theme[]): Sheet {
  return {
    name: "themes",
    columns: ["id", "theme", "kind", "article_cities", "indicators", "variables", "evidence", "sources", "reason",
      "cities_with_value", "cities_above_zero"], // prettier-ignore
    rows: themes.map((one) => [
      one.id, one.theme, one.kind, one.cities.join("; "), one.indicators.join("; "), one.variables.join("; "),
      one.evidence.join("; "), one.sources.join("; "), one.reason, one.cities_with_value, one.cities_above_zero,
    ]), // prettier-ignore
    weighed: false,
    beside: { measures: Object.fromEntries(themes.map((one) => [one.id, one.measures])) },
  };
}

/** Share of the cities of the frame that have a value of each theme. */
function pictureOf(themes: Theme[]): Picture {
  const { cities } = bundle.value!.meta.edition;
  const rows = themes.map((one) => ({
    label: one.theme,
    level: 1 as const,
    texts: [one.cities_with_value ? amount(one.cities_with_value) : kindName(one.kind)],
    lines: [[{ from: 0, to: one.cities_with_value / cities, color: FILL }]],
  }));
  return { title: `${t("themes")}: ${t("citiesWithValue")}`, note: noteOf(false), legend: [], rows };
}

/** How many themes are measured, and how finely. */
function Kinds({ themes }: { themes: Theme[] }) {
  const counts = Object.keys(KINDS).flatMap((kind) => {
    const n = themes.filter((one) => one.kind === kind).length;
    return n > 0 ? [{ kind, n }] : [];
  });
  return (
    <ul class="kinds">
      {counts.map(({ kind, n }) => (
        <li key={kind}>
          <strong class="num">{n}</strong> <Kind kind={kind} />
        </li>
      ))}
    </ul>
  );
}

const Kind = ({ kind }: { kind: string }) => <span class={`kind ${kind.replace(" ", "-")}`}>{kindName(kind)}</span>;

function ThemePanel({ theme }: { theme: Theme }) {
  const one = bundle.value!;
  const deeds = Object.entries(needInitiatives() ?? {}).flatMap(([slug, listed]) =>
    listed.filter((deed) => deed.theme === theme.id && deed.kind === "read").map((deed) => ({ slug, deed })),
  );
  const claims = needClaims()?.claims.filter((claim) => claim.theme === theme.id) ?? [];
  return (
    <section class={`panel theme ${state.value.theme === theme.id ? "wanted" : ""}`} id={`theme-${theme.id}`}>
      <div class="theme-head">
        <h2 lang="en">{theme.theme}</h2>
        <Kind kind={theme.kind} />
      </div>
      <p class="help">
        {theme.cities.length > 0 && (
          <>
            {t("saidOf")}: <bdi>{theme.cities.map(localName).join(", ")}</bdi>
          </>
        )}
      </p>
      <p lang="en">{theme.reason}</p>
      {theme.measures.length > 0 && <Measures theme={theme} />}
      {theme.evidence.length > 0 && (
        <p class="help">
          {t("shownOnly")}: {theme.evidence.map(variableTitle).join("; ")}
        </p>
      )}
      {theme.sources.length > 0 && (
        <p class="help">
          {t("sources")}:{" "}
          {theme.sources.map((id, at) => (
            <span key={id}>
              {at > 0 && "; "}
              <Outside to={sourceOf(id)?.url ?? null}>{sourceOf(id)?.title ?? id}</Outside>
              {sourceOf(id) && ` (${sourceOf(id)!.licence})`}
            </span>
          ))}
        </p>
      )}
      {theme.absent.length > 0 && (
        <p class="help">
          {t("absentHere", { edition: one.meta.edition.id })}: {theme.absent.join(", ")}
        </p>
      )}
      <Listed deeds={deeds} claims={claims} />
    </section>
  );
}

const sourceOf = (id: string): { title: string; url: string; licence: string } | undefined =>
  bundle.value!.meta.sources[id] ?? bundle.value!.meta.inputs[id];

export function variableTitle(id: string): string {
  const { sources } = bundle.value!.meta;
  return Object.values(sources).find((source) => source.variables[id])?.variables[id]?.title ?? id;
}

/** Each measure with the share of the cities of the frame that have a value. */
function Measures({ theme }: { theme: Theme }) {
  const { cities } = bundle.value!.meta.edition;
  return (
    <table class="bars measures">
      <thead>
        <tr>
          <th scope="col">{t("measuredBy")}</th>
          <th scope="col" class="num">{t("citiesWithValue")}</th>
          <th scope="col" class="num">{t("aboveZero")}</th>
          <td class="wide" />
        </tr>
      </thead>
      <tbody>
        {theme.measures.map((measure) => (
          <tr key={measure.id}>
            <th scope="row">
              {measureTitle(measure.id)}
              <span class="below always">
                {kindName(measure.level)} · {t(measure.scored ? "inIndex" : "notInIndex")}
              </span>
            </th>
            <td class="num">{amount(measure.cities_with_value)}</td>
            <td class="num">{amount(measure.cities_above_zero)}</td>
            <td class="grow wide">
              <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label={percent(measure.cities_with_value / cities)}>
                <rect class="track" width="100" height="8" />
                <rect class="fill soft" width={(100 * measure.cities_with_value) / cities} height="8" />
                <rect class="fill" width={(100 * measure.cities_above_zero) / cities} height="8" />
              </svg>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const measureTitle = (id: string): string => (nodeTitle(id) === id ? variableTitle(id) : nodeTitle(id));

function Listed({ deeds, claims }: { deeds: { slug: string; deed: Initiative }[]; claims: Claim[] }) {
  return (
    <>
      {deeds.length > 0 && (
        <details>
          <summary>{t("themeDeeds", { n: deeds.length })}</summary>
          <ul class="deed-list">
            {deeds.map(({ slug, deed }) => (
              <Deed key={`${slug} ${deed.id}`} deed={deed} city={bundle.value!.bySlug.get(slug)} themed={false} />
            ))}
          </ul>
        </details>
      )}
      {claims.length > 0 && (
        <details>
          <summary>{t("themeClaims", { n: claims.length })}</summary>
          <ul class="claim-list">
            {claims.map((claim) => (
              <ClaimItem key={claim.id} claim={claim} named />
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

/** A city of the article by its name in the page's language. */
function localName(english: string): string {
  const city = bundle.value!.cities.find((one) => one.name === english);
  return city ? cityName(city) : english;
}
