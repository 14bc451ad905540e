import { useSignal } from "@preact/signals";
import { type Claim, type Claims, type ListedCity, type ListTable, needClaims, VERDICTS, type Verdict } from "../documents";
import { ClaimItem, Tally, VerdictBar, verdictName } from "../parts/claims";
import { amount, bundle, change, cityName, follow, hrefTo, nodeTitle, percent, state, t } from "../store";
import { Downloads, noteOf } from "../parts/downloads";
import { usePrinted } from "../parts/printed";
import type { Picture } from "../picture";
import type { Sheet } from "../sheet";

/** So many claims are shown without folding. */
const FEW = 15;

export function ClaimsPage() {
  const document = needClaims();
  return (
    <article class="claims-page">
      <h1>{t("claims")}</h1>
      <p class="sub">{t("claimsHelp")}</p>
      {document ? (
        <>
          <TheTen document={document} />
          <ClaimList claims={document.claims} />
        </>
      ) : (
        <p>{t("loading")}</p>
      )}
    </article>
  );
}

function ClaimList({ claims }: { claims: Claim[] }) {
  const { verdict, city } = state.value;
  const cities = [...new Set(claims.flatMap((one) => one.city ?? []))];
  const ofCity = cities.includes(city) ? claims.filter((one) => one.city === city) : claims;
  const all = useSignal(false);
  const printed = usePrinted();
  const shown = ofCity.filter((one) => verdict === "" || one.verdict === verdict);
  return (
    <section class="panel">
      <h2>{t("claimByClaim")}</h2>
      <p class="help">{t("verdictHelp")}</p>
      <div class="row tools">
        <label>
          <span class="hidden">{t("city")}</span>
          <select value={cities.includes(city) ? city : ""} onChange={(event) => change({ city: event.currentTarget.value })}>
            <option value="">{t("allCities")}</option>
            {cities.map((slug) => (
              <option key={slug} value={slug}>
                {nameOf(slug)}
              </option>
            ))}
          </select>
        </label>
        <Downloads sheet={() => sheetOf(shown)} picture={() => pictureOf(ofCity)} />
      </div>
      <VerdictBar claims={ofCity} chosen={verdict} onChoose={(one) => change({ verdict: one })} />
      <p class="row">
        <span role="status" class="help">{t("claimsShown", { n: shown.length, total: claims.length })}</span>
        <button type="button" class="link tools" onClick={() => (all.value = !all.value)}>
          {t(all.value ? "foldAll" : "unfoldAll")}
        </button>
      </p>
      {[...new Set(shown.map((one) => one.city))].map((slug) => (
        <Group
          key={`${slug} ${verdict} ${city}`}
          slug={slug}
          claims={shown.filter((one) => one.city === slug)}
          open={all.value || printed.value || shown.length <= FEW}
        />
      ))}
    </section>
  );
}

/** The claims about one city, or about cities as such: folded, so that the heads are a table of contents. */
function Group({ slug, claims, open }: { slug: string | null; claims: Claim[]; open: boolean }) {
  const name = slug === null ? t("citiesAsSuch") : nameOf(slug);
  return (
    <details class="claim-group" open={open}>
      <summary>
        <h3>{name}</h3> <Tally claims={claims} />
      </summary>
      {slug !== null && (
        <p class="help">
          <CityLink slug={slug} />
        </p>
      )}
      <ul class="claim-list">
        {claims.map((claim) => (
          <ClaimItem key={claim.id} claim={claim} />
        ))}
      </ul>
    </details>
  );
}

function sheetOf(claims: Claim[]): Sheet {
  return {
    name: "claims",
    columns: ["id", "city", "statement", "verdict", "because", "paragraph", "sentence", "theme", "scope", "true_if",
      "needs", "citations", "addresses"], // prettier-ignore
    rows: claims.map((one) => [
      one.id, one.city, one.statement, one.verdict, one.because, one.paragraph, one.sentence, one.theme, one.scope,
      one.true_if, one.needs, [...new Set(one.evidence.map((item) => item.citation))].join("; "),
      [...new Set(one.evidence.map((item) => item.url).filter(Boolean))].join(" "),
    ]), // prettier-ignore
    weighed: false,
    beside: { evidence: Object.fromEntries(claims.map((one) => [one.id, one.evidence])) },
  };
}

const VERDICT_COLORS: Record<Verdict, string> = {
  supported: "#1d6b39",
  contradicted: "#a3261b",
  outdated: "#b07a1a",
  imprecise: "#d9b45b",
  untestable: "#a9b4b8",
};

/** How many claims of each city have each verdict. */
function pictureOf(claims: Claim[]): Picture {
  const cities = [...new Set(claims.map((one) => one.city))];
  const most = Math.max(...cities.map((city) => claims.filter((one) => one.city === city).length), 1);
  const rows = cities.map((city) => {
    const own = claims.filter((one) => one.city === city);
    let from = 0;
    const bars = VERDICTS.map((verdict) => {
      const to = from + own.filter((one) => one.verdict === verdict).length / most;
      const bar = { from, to, color: VERDICT_COLORS[verdict] };
      from = to;
      return bar;
    });
    return { label: city === null ? t("citiesAsSuch") : nameOf(city), level: 1 as const, texts: [String(own.length)], lines: [bars] };
  });
  const legend = VERDICTS.map((verdict) => ({ text: verdictName(verdict), color: VERDICT_COLORS[verdict] }));
  return { title: t("claims"), note: noteOf(false), legend, rows };
}

const nameOf = (slug: string): string => {
  const city = bundle.value!.bySlug.get(slug);
  return city ? cityName(city) : slug;
};

type Belonging = "belongs" | "undecided" | "doesNot";
const MARKS: Record<Belonging, string> = { belongs: "✓", undecided: "~", doesNot: "✗" };

function belonging(table: ListTable, slug: string, places: number): Belonging {
  if (table.belongs[places]?.includes(slug)) return "belongs";
  return table.does_not[places]?.includes(slug) ? "doesNot" : "undecided";
}

/** The article's list itself: does each of its cities belong to the first ten, twenty, fifty? */
function TheTen({ document }: { document: Claims }) {
  const { list } = document;
  const places = useSignal(list.places[0]!);
  const [first] = list.tables;
  if (!first) return null;
  const slugs = [...new Set(document.claims.flatMap((one) => one.city ?? []))];
  const ranked = slugs.filter((slug) => first.cities.some((one) => one.slug === slug));
  const order = ranked.sort((a, b) => rankIn(first, a) - rankIn(first, b));
  const better = first.better_unlisted.filter((one) => one.rank <= places.value);
  return (
    <section class="panel">
      <h2>{t("theTen")}</h2>
      <p class="help">{t("theTenHelp", { p: percent(list.likely), q: percent(1 - list.likely) })}</p>
      <fieldset class="segments">
        <legend>{t("withinFirst")}</legend>
        {list.places.map((place) => (
          <button key={place} type="button" aria-pressed={places.value === place} onClick={() => (places.value = place)}>
            {place}
          </button>
        ))}
      </fieldset>
      <div class="table-frame" role="region" aria-label={t("theTen")} tabIndex={0}>
        <table class="ten">
          <thead>
            <tr>
              <td />
              {list.tables.map((table) => (
                <th key={`${table.lens} ${table.side}`} scope="col">
                  {t(table.lens as "scale")}
                  <span class="below always">{table.side ? nodeTitle(table.side) : t("both")}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {order.map((slug) => (
              <tr key={slug}>
                <th scope="row">
                  <CityLink slug={slug} />
                </th>
                {list.tables.map((table) => (
                  <Chance key={`${table.lens} ${table.side}`} table={table} slug={slug} places={places.value} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="legend">
        {(["belongs", "undecided", "doesNot"] as const).map((one) => (
          <span key={one} class={`belonging ${one}`}>
            <span aria-hidden="true">{MARKS[one]}</span> {t(one)}
          </span>
        ))}
      </p>
      {first.not_ranked.length > 0 && <p class="help">{t("notRankedShort")}: {first.not_ranked.map(nameOf).join(", ")}</p>}
      {better.length > 0 && <Unlisted cities={better} places={places.value} />}
    </section>
  );
}

const rankIn = (table: ListTable, slug: string): number => table.cities.find((one) => one.slug === slug)?.rank ?? Infinity;

function CityLink({ slug }: { slug: string }) {
  const goal = { page: "city" as const, city: slug };
  return (
    <a href={hrefTo(goal)} onClick={(event) => follow(event, goal)}>
      <bdi>{nameOf(slug)}</bdi>
    </a>
  );
}

function Chance({ table, slug, places }: { table: ListTable; slug: string; places: number }) {
  const one = table.cities.find((city) => city.slug === slug);
  if (!one) return <td>–</td>;
  const kind = belonging(table, slug, places);
  const range = `${Math.round(one.rank_low)}–${Math.round(one.rank_high)}`;
  return (
    <td class={`belonging ${kind}`}>
      <span aria-hidden="true">{MARKS[kind]}</span> <span class="hidden">{t(kind)}: </span>
      {chance(one, places)}
      <span class="below always">{t("rankAndRange", { rank: one.rank, range })}</span>
    </td>
  );
}

/** In tenths of a per cent, so that what is next to a threshold isn't rounded onto it. */
const chance = (one: ListedCity, places: number): string => `${amount(Math.round(1000 * (one.probability[places] ?? 0)) / 10)} %`;

function Unlisted({ cities, places }: { cities: ListedCity[]; places: number }) {
  return (
    <p>
      {t("unlisted", { n: places })}{" "}
      {cities.map((one, at) => (
        <span key={one.slug}>
          {at > 0 && ", "}
          {one.rank}. <CityLink slug={one.slug} /> <span class="help">({chance(one, places)})</span>
        </span>
      ))}
    </p>
  );
}
