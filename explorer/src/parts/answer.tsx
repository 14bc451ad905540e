import { cityName, follow, hrefTo, language, ownWeights, type Row, settledRanking, t } from "../store";

const MOST = 12;
const FIRST_FIVE = 5;

function CityLink({ row }: { row: Row }) {
  const goal = { page: "city" as const, city: row.city.slug };
  return (
    <a href={hrefTo(goal)} onClick={(event) => follow(event, goal)}>
      {cityName(row.city)}
    </a>
  );
}

/** The answer in a sentence: the cities of the first tier, or the first five under the reader's weights. */
export function Answer() {
  const rows = settledRanking.value;
  const first = rows[0];
  if (!first) return null;
  const own = ownWeights.value;
  const tier = rows.filter((row) => row.tier === 1);
  const named = own ? rows.slice(0, FIRST_FIVE) : tier.slice(0, MOST);
  const [before, after] = t(own ? "answerOwn" : "answerTier").split("{cities}");
  const parts = new Intl.ListFormat(language.value, { type: "conjunction" }).formatToParts(named.map((_, at) => String(at)));
  return (
    <p class="answer">
      {before}
      {parts.map((part) => (part.type === "element" ? <CityLink key={part.value} row={named[Number(part.value)]!} /> : part.value))}
      {!own && tier.length > MOST && " …"}
      {after}{" "}
      {!own && (
        <span class="sub">
          {t("answerFirst", { city: cityName(first.city), low: Math.round(first.low), high: Math.round(first.high) })}
        </span>
      )}
    </p>
  );
}
