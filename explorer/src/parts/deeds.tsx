import type { City } from "../data";
import { type Initiative, needInitiatives, needThemes } from "../documents";
import { amount, bundle, cityName, follow, hrefTo, t } from "../store";
import { Outside } from "./outside";

export const themeTitle = (id: string): string => needThemes()?.find((one) => one.id === id)?.theme ?? id;

/** One thing that a city does: what, by whom, since when, and where it was read. */
export function Deed({ deed, city, themed = true }: { deed: Initiative; city?: City | undefined; themed?: boolean }) {
  const facts = [
    deed.since && t("since", { year: deed.since }),
    deed.figure && `${amount(deed.figure.value)} ${deed.figure.unit} (${deed.figure.year})`,
  ].filter(Boolean);
  const theme = { page: "themes" as const, theme: deed.theme, city: "" };
  const home = { page: "city" as const, city: city?.slug ?? "" };
  return (
    <li class="deed">
      {themed && (
        <p class="topic">
          <a href={hrefTo(theme)} lang="en" onClick={(event) => follow(event, theme)}>
            {themeTitle(deed.theme)}
          </a>
        </p>
      )}
      <p lang="en" dir="auto">
        {city && (
          <>
            <a href={hrefTo(home)} onClick={(event) => follow(event, home)}>
              <bdi>{cityName(city)}</bdi>
            </a>
            {": "}
          </>
        )}
        {deed.what}
      </p>
      <p class="help" dir="auto">
        <bdi lang="en">{deed.by}</bdi>
        {facts.length > 0 && ` · ${facts.join(" · ")}`}
      </p>
      {deed.extract !== null && deed.kind === "read" && <blockquote dir="auto">{deed.extract}</blockquote>}
      <p class="help">
        <Outside to={deed.source.address}>{deed.source.title}</Outside>, <bdi>{deed.source.publisher}</bdi> ·{" "}
        {t("seen", { day: deed.source.seen })}
        {deed.kind === "derived" && deed.extract !== null && (
          <>
            {" · "}
            <bdi lang="en">{deed.extract}</bdi>
          </>
        )}
      </p>
    </li>
  );
}

/** What a city does: entries that people read first; those that follow from the edition's own numbers folded. */
export function Deeds({ city }: { city: City }) {
  const all = needInitiatives();
  if (!all || !needThemes()) return <section class="panel">{t("loading")}</section>;
  const listed = Object.hasOwn(all, city.slug) ? all[city.slug]! : [];
  const read = listed.filter((one) => one.kind === "read");
  const derived = listed.filter((one) => one.kind === "derived");
  return (
    <section class="panel deeds">
      <h2>{t("does")}</h2>
      <p class="help">{t("doesHelp")}</p>
      {listed.length === 0 && <p>{t("doesNothing", { edition: bundle.value!.meta.edition.id })}</p>}
      {read.length > 0 && (
        <ul class="deed-list">
          {read.map((deed) => (
            <Deed key={deed.id} deed={deed} />
          ))}
        </ul>
      )}
      {derived.length > 0 && (
        <details open={read.length === 0}>
          <summary>{t("doesDerived", { n: derived.length })}</summary>
          <ul class="deed-list">
            {derived.map((deed) => (
              <Deed key={deed.id} deed={deed} />
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}
