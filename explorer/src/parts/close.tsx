import type { City } from "../data";
import { areClose, needClose } from "../close";
import { bundle, cityName, follow, hrefTo, ownWeights, percent, ranking, type Row, state, t } from "../store";

/** The cities that this one can't be told apart from, by the same recalculations as its range. */
export function Close({ city }: { city: City }) {
  const close = needClose();
  const { meta } = bundle.value!;
  const apart = percent(1 - meta.framework.tiers.least_win);
  return (
    <section class="panel close">
      <h2>{t("closeTitle")}</h2>
      <p class="help">{t("closeHelp", { p: apart })}</p>
      {ownWeights.value || state.value.boundary !== meta.default_boundary ? (
        <p>{t("closeHidden")}</p>
      ) : close ? (
        <Sides close={close} city={city} />
      ) : (
        <p>{t("loading")}</p>
      )}
    </section>
  );
}

function Sides({ close, city }: { close: ArrayLike<unknown>; city: City }) {
  const rows = ranking.value;
  const here = rows.findIndex((row) => row.city === city);
  const found = rows.filter((row) => row.city !== city && areClose(close, city, row.city));
  const before = found.filter((row) => rows.indexOf(row) < here);
  const after = found.filter((row) => rows.indexOf(row) > here);
  return (
    <>
      <p>{t("closeN", { n: found.length, total: rows.length - 1 })}</p>
      <Names title={t("closeBefore", { n: before.length })} rows={before} />
      <Names title={t("closeAfter", { n: after.length })} rows={after} />
    </>
  );
}

const FEW = 12;

function Names({ title, rows }: { title: string; rows: Row[] }) {
  if (rows.length === 0) return null;
  const links = rows.map((row) => {
    const goal = { page: "city" as const, city: row.city.slug };
    return (
      <li key={row.city.at}>
        <span class="num">{row.own}</span>{" "}
        <a href={hrefTo(goal)} onClick={(event) => follow(event, goal)}>
          <bdi>{cityName(row.city)}</bdi>
        </a>
      </li>
    );
  });
  return (
    <details open={rows.length <= FEW}>
      <summary>{title}</summary>
      <ul class="names">{links}</ul>
    </details>
  );
}
