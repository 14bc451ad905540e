import { useEffect } from "preact/hooks";
import { TraceDialog } from "./parts/trace";
import { LANGUAGES } from "./i18n";
import { CityPage } from "./pages/city";
import { ClaimsPage } from "./pages/claims";
import { ComparePage } from "./pages/compare";
import { MethodPage } from "./pages/method";
import { RankingPage } from "./pages/ranking";
import { ThemesPage } from "./pages/themes";
import { bundle, change, cityName, failure, fields, follow, hrefTo, language, t } from "./store";
import type { Page } from "./state";

const PAGES = {
  ranking: RankingPage,
  city: CityPage,
  compare: ComparePage,
  themes: ThemesPage,
  claims: ClaimsPage,
  method: MethodPage,
};

function title(): string {
  const [page, city] = [fields.page.value, fields.city.value];
  const named = page === "city" && bundle.value?.bySlug.get(city);
  return `${named ? cityName(named) : t(page === "city" ? "city" : page)} · ${t("title")}`;
}

export function App() {
  useEffect(() => {
    document.documentElement.lang = language.value;
    document.title = title();
  });
  if (failure.value) return <main class="page"><p class="notice warn" role="alert">{t("failed", { why: failure.value })}</p></main>;
  const Page = PAGES[fields.page.value];
  return (
    <>
      <a class="skip" href="#content" onClick={(event) => {
        event.preventDefault();
        document.getElementById("content")?.focus();
      }}>
        {t("skip")}
      </a>
      <Header />
      <main id="content" class="page" tabIndex={-1}>
        {bundle.value ? <Page /> : <p role="status">{t("loading")}</p>}
      </main>
      {bundle.value && <Tray />}
      {bundle.value && <TraceDialog />}
      {bundle.value && <Footer />}
    </>
  );
}

function Header() {
  const pages: Page[] = ["ranking", "compare", "themes", "claims", "method"];
  return (
    <header class="top">
      <a class="brand" href={hrefTo({ page: "ranking", city: "" })} onClick={(event) => follow(event, { page: "ranking", city: "" })}>
        {t("title")}
      </a>
      <nav aria-label={t("title")}>
        {pages.map((page) => {
          const goal = { page, city: "", theme: "", verdict: "" };
          return (
            <a
              key={page}
              href={hrefTo(goal)}
              aria-current={fields.page.value === page ? "page" : undefined}
              onClick={(event) => follow(event, goal)}
            >
              {t(page)}
            </a>
          );
        })}
      </nav>
      <select
        class="language"
        aria-label={t("language")}
        value={language.value}
        onChange={(event) => change({ language: event.currentTarget.value })}
      >
        {LANGUAGES.map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </header>
  );
}

/** The cities chosen for a comparison, at hand on every page but that of the comparison. */
function Tray() {
  const [compare, page] = [fields.compare.value, fields.page.value];
  if (page === "compare" || compare.length === 0) return null;
  const names = compare.map((slug) => bundle.value!.bySlug.get(slug)).map((city) => (city ? cityName(city) : ""));
  return (
    <div class="tray" role="region" aria-label={t("compare")}>
      <span>{names.filter(Boolean).join(", ")}</span>
      <button type="button" disabled={compare.length < 2} onClick={() => change({ page: "compare" })}>
        {t("compareNow", { n: compare.length })}
      </button>
      <button type="button" class="plain" onClick={() => change({ compare: [] })}>
        {t("clear")}
      </button>
    </div>
  );
}

function Footer() {
  const { edition } = bundle.value!.meta;
  return (
    <footer class="foot">
      {t("edition", { id: edition.id })} · <code>{edition.content_digest.slice(0, 12)}</code> · {t("rangeHelp", {
        n: bundle.value!.meta.framework.uncertainty.replicates,
      })}
    </footer>
  );
}
