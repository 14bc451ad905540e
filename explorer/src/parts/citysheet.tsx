import { type City, published, valueOf } from "../data";
import { needClaims, needInitiatives } from "../documents";
import { FILL, GUESS, type Picture } from "../picture";
import type { Sheet } from "../sheet";
import { bundle, cityName, fixed, needEvidence, nodeTitle, rowOf, scores, state } from "../store";
import { Downloads, noteOf } from "./downloads";
import { statusName } from "./status";

export function CityDownloads({ city }: { city: City }) {
  return <Downloads sheet={() => sheetOf(city)} picture={() => pictureOf(city)} />;
}

const boundaryOf = (city: City): string => (city.ranked ? state.value.boundary : bundle.value!.meta.default_boundary);

function sheetOf(city: City): Sheet {
  const one = bundle.value!;
  const evidence = needEvidence();
  const rows = one.meta.indicators.map((indicator, at) => {
    const value = evidence && valueOf(one, evidence, at, boundaryOf(city), city);
    const source = value && one.meta.sources[value.source];
    const score = city.ranked && at < one.tree.leaves ? scores.value[at]![city.at]! : null;
    return [
      city.id, city.slug, city.name, city.country, indicator.id, indicator.title, value?.value ?? null,
      value?.unit ?? indicator.unit, value?.period ?? null, value?.status ?? null, score,
      score === null ? null : value?.value === null, value?.source ?? null, source?.licence ?? null, source?.citation ?? null,
    ]; // prettier-ignore
  });
  return {
    name: city.slug,
    columns: ["id", "slug", "name", "country", "indicator", "title", "value", "unit", "period", "status", "score",
      "imputed", "source", "licence", "citation"], // prettier-ignore
    rows,
    weighed: true,
    beside: {
      ranks: ranksOf(city),
      rank: rowOf.value.get(city.at)?.own ?? null,
      pillars: city.ranked ? Object.fromEntries(one.meta.pillars.map((id) => [id, scoreOf(city, id)])) : {},
      initiatives: needInitiatives()?.[city.slug] ?? [],
      claims: needClaims()?.claims.filter((claim) => claim.city === city.slug) ?? [],
    },
  };
}

function scoreOf(city: City, id: string): number {
  return scores.value[bundle.value!.tree.names.indexOf(id)]![city.at]!;
}

function ranksOf(city: City): Record<string, unknown>[] {
  const one = bundle.value!;
  if (!city.ranked) return [];
  return one.meta.lenses.flatMap((lens) =>
    ["", ...one.meta.sides].flatMap((side) =>
      one.meta.boundaries.map((boundary) => {
        const { rank, low, high, tier } = published(one, lens, boundary, side, city.at);
        return { lens, side: side || null, boundary, rank, rank_low: low, rank_high: high, tier };
      }),
    ),
  );
}

/** Scores by pillar; grey is imputed. Of a city that isn't ranked: what it has a value of. */
function pictureOf(city: City): Picture {
  const one = bundle.value!;
  const evidence = needEvidence();
  const seen = (at: number): boolean => !evidence || valueOf(one, evidence, at, boundaryOf(city), city).value !== null;
  const leaf = (at: number) => {
    const score = city.ranked ? scores.value[at]![city.at]! : null;
    const status = evidence ? statusName(valueOf(one, evidence, at, boundaryOf(city), city).status) : "";
    return {
      label: nodeTitle(one.meta.indicators[at]!.id),
      level: 2 as const,
      texts: [score === null || !seen(at) ? status : fixed(score)],
      lines: [[{ from: 0, to: (score ?? 0) / 100, color: seen(at) ? FILL : GUESS }]],
    };
  };
  const rows = one.meta.pillars.flatMap((id) => {
    const node = one.tree.names.indexOf(id);
    const leaves = one.tree.parents.flatMap((parent, at) => (parent === node && at < one.tree.leaves ? [at] : []));
    const score = city.ranked ? scoreOf(city, id) : null;
    const head = { label: nodeTitle(id), level: 0 as const, texts: [score === null ? "" : fixed(score)], lines: [[{ from: 0, to: (score ?? 0) / 100, color: FILL }]] };
    return [head, ...leaves.map(leaf)];
  });
  const row = rowOf.value.get(city.at);
  return { title: row ? `${row.own}. ${cityName(city)}` : cityName(city), note: noteOf(true), legend: [], rows };
}
