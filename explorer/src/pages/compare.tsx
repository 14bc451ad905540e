import type { City } from "../data";
import { Notice, Switches } from "../parts/controls";
import { WorldMap } from "../parts/map";
import { CitySearch } from "../parts/search";
import { CopyButton } from "../parts/share";
import { rangeText } from "../parts/table";
import { leafShares } from "../rank";
import { MOST_COMPARED } from "../state";
import {
  bundle,
  change,
  cityName,
  fixed,
  follow,
  hrefTo,
  nodeTitle,
  ownWeights,
  ranking,
  rowOf,
  scores,
  sideNode,
  state,
  t,
  toggleCompared,
  weights,
  zeroBelow,
} from "../store";

/** A mark beside each colour, so that no one needs to tell the colours apart. */
const MARKS = ["●", "■", "▲", "◆", "✚"];

function Mark({ at }: { at: number }) {
  return (
    <span class={`mark color-${at}`} aria-hidden="true">
      {MARKS[at]}
    </span>
  );
}

export function ComparePage() {
  const cities = state.value.compare
    .map((slug) => bundle.value!.bySlug.get(slug))
    .filter((city): city is City => city !== undefined && city.ranked);
  return (
    <>
      <h1>{t("compare")}</h1>
      <p class="sub">{t("compareHelp")}</p>
      <Switches />
      <Notice />
      <div class="chosen">
        {cities.map((city, at) => (
          <span key={city.at} class="chip">
            <Mark at={at} /> {cityName(city)}
            <button type="button" aria-label={t("remove", { name: cityName(city) })} onClick={() => toggleCompared(city.slug)}>
              ×
            </button>
          </span>
        ))}
        {cities.length < MOST_COMPARED && (
          <CitySearch
            id="add"
            label={t("addCity")}
            onChoose={(city) => city.ranked && change({ compare: [...new Set([...state.value.compare, city.slug])].slice(-MOST_COMPARED) })}
          />
        )}
        <CopyButton label={t("copyLink")} text={() => location.href} />
      </div>
      {cities.length >= 2 && (
        <>
          <WorldMap rows={ranking.value} marked={cities.map((city) => city.slug)} small />
          <SideBySide cities={cities} />
          {cities.slice(1).map((other, at) => (
            <Gap key={other.at} a={cities[0]!} b={other} at={at + 1} />
          ))}
        </>
      )}
    </>
  );
}

function SideBySide({ cities }: { cities: City[] }) {
  const { meta, tree } = bundle.value!;
  const score = (id: string, city: City): number => scores.value[tree.names.indexOf(id)]![city.at]!;
  const spread = (id: string): number => {
    const all = cities.map((city) => score(id, city));
    return Math.max(...all) - Math.min(...all);
  };
  const bySpread = (ids: string[]): string[] => [...ids].sort((a, b) => spread(b) - spread(a) || (a < b ? -1 : 1));
  const groups: [string, string[]][] = [
    [t("overall"), [meta.root, ...meta.sides]],
    [t("pillars"), bySpread(meta.pillars)],
    [t("indicators"), bySpread(tree.names.slice(0, tree.leaves))],
  ];
  return (
    <section class="panel">
      <div class="table-frame">
        <table class="compare">
          <thead>
            <tr>
              <td />
              {cities.map((city, at) => {
                const goal = { page: "city" as const, city: city.slug };
                return (
                  <th key={city.at} scope="col" class="num">
                    <Mark at={at} />{" "}
                    <a href={hrefTo(goal)} onClick={(event) => follow(event, goal)}>
                      {cityName(city)}
                    </a>
                  </th>
                );
              })}
              <th scope="col" class="num">{t("difference")}</th>
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">{t("rank")}</th>
              {cities.map((city) => (
                <td key={city.at} class="num">
                  <strong>{rowOf.value.get(city.at)!.own}</strong>
                  {!ownWeights.value && <span class="help"> {rangeText(rowOf.value.get(city.at)!)}</span>}
                </td>
              ))}
              <td />
            </tr>
          </tbody>
          {groups.map(([title, ids]) => (
            <tbody key={title}>
              <tr class="group">
                <th colSpan={cities.length + 2} scope="colgroup">{title}</th>
              </tr>
              {ids.map((id) => (
                <tr key={id}>
                  <th scope="row">{nodeTitle(id)}</th>
                  {cities.map((city, at) => (
                    <td key={city.at} class="num">
                      {fixed(score(id, city))}
                      <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                        <rect class="track" width="100" height="8" />
                        <rect class={`color-${at}`} width={Math.max(0, score(id, city))} height="8" />
                      </svg>
                    </td>
                  ))}
                  <td class="num">{fixed(spread(id))}</td>
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      </div>
    </section>
  );
}

/** Weight times difference of each indicator. Exact under the arithmetic mean; under another it isn't shown. */
function Gap({ a, b, at }: { a: City; b: City; at: number }) {
  const one = bundle.value!;
  if (one.meta.framework.method.aggregation !== "arithmetic") return null;
  const used = zeroBelow.value === undefined ? weights.value : one.weights;
  const shares = leafShares(one.tree, used, sideNode.value);
  const parts = one.tree.names
    .slice(0, one.tree.leaves)
    .map((id, leaf) => ({ id, part: shares[leaf]! * (scores.value[leaf]![a.at]! - scores.value[leaf]![b.at]!) }))
    .filter((one) => one.part !== 0)
    .sort((x, y) => Math.abs(y.part) - Math.abs(x.part) || (x.id < y.id ? -1 : 1));
  const x = rowOf.value.get(a.at)!.score;
  const y = rowOf.value.get(b.at)!.score;
  const widest = Math.max(...parts.map((one) => Math.abs(one.part)), 1e-9);
  const signed = (value: number): string => (value < 0 ? "−" : "+") + fixed(Math.abs(value), 2);
  return (
    <section class="panel gap">
      <h2>
        {t("gap")}: <Mark at={0} /> {cityName(a)} – <Mark at={at} /> {cityName(b)}
      </h2>
      <p class="help">
        {t("gapHelp", { a: cityName(a), b: cityName(b), x: fixed(x, 2), y: fixed(y, 2), gap: fixed(x - y, 2) })}
      </p>
      <table class="bars">
        <tbody>
          {parts.map(({ id, part }) => (
            <tr key={id}>
              <th scope="row">{nodeTitle(id)}</th>
              <td class="num">{signed(part)}</td>
              <td class="grow">
                <svg class="diverging" viewBox="-100 0 200 8" preserveAspectRatio="none" aria-hidden="true">
                  <rect
                    class={`color-${part > 0 ? 0 : at}`}
                    x={part > 0 ? 0 : (100 * part) / widest}
                    width={(100 * Math.abs(part)) / widest}
                    height="8"
                  />
                  <line x1="0" x2="0" y1="0" y2="8" />
                </svg>
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t("sum")}</th>
            <td class="num">
              <strong>{signed(parts.reduce((sum, one) => sum + one.part, 0))}</strong>
            </td>
            <td />
          </tr>
        </tfoot>
      </table>
    </section>
  );
}
