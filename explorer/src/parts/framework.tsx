import { useSignal } from "@preact/signals";
import { type City, type Value, valueOf } from "../data";
import { leafShares } from "../rank";
import { amount, bundle, fixed, needEvidence, nodeTitle, percent, scores, state, t, weights } from "../store";
import { MiniMap } from "./minimap";
import { Outside } from "./outside";
import { statusName } from "./status";

/** The framework from the sides down to the indicators; each indicator opens to what is known about it. */
export function FrameworkTree() {
  const { meta, tree } = bundle.value!;
  const shares = leafShares(tree, weights.value);
  const total = (node: number): number =>
    node < tree.leaves
      ? shares[node]!
      : tree.names.reduce((sum, _, child) => (tree.parents[child] === node ? sum + total(child) : sum), 0);
  const beside = meta.indicators.slice(tree.leaves);
  return (
    <>
      <ul class="tree">
        {meta.sides.map((id) => (
          <Branch key={id} id={id} total={total} />
        ))}
      </ul>
      {beside.length > 0 && (
        <>
          <h3>{t("besideIndex")}</h3>
          <ul class="tree">
            {beside.map((indicator) => (
              <li key={indicator.id}>
                <Leaf at={meta.indicators.indexOf(indicator)} share={null} />
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function Branch({ id, total }: { id: string; total: (node: number) => number }) {
  const { tree } = bundle.value!;
  const node = tree.names.indexOf(id);
  const children = tree.names.filter((_, child) => tree.parents[child] === node);
  if (children.length === 0) {
    return (
      <li>
        <Leaf at={node} share={total(node)} />
      </li>
    );
  }
  return (
    <li>
      <span class="node">
        {nodeTitle(id)} <span class="num">{fixed(100 * total(node))} %</span>
      </span>
      <ul>
        {children.map((child) => (
          <Branch key={child} id={child} total={total} />
        ))}
      </ul>
    </li>
  );
}

function Leaf({ at, share }: { at: number; share: number | null }) {
  const open = useSignal(false);
  const { meta } = bundle.value!;
  const indicator = meta.indicators[at]!;
  return (
    <details class="leaf" onToggle={(event) => (open.value = event.currentTarget.open)}>
      <summary>
        <span class="node">
          {nodeTitle(indicator.id)} <span class="num">{share === null ? "" : `${fixed(100 * share)} %`}</span>
        </span>
      </summary>
      {open.value && <About at={at} />}
    </details>
  );
}

type Kind = "with" | "zero" | "shared" | "absent";
const KINDS: Kind[] = ["with", "zero", "shared", "absent"];

function kindOf(value: Value): Kind {
  if (value.value === null) return "absent";
  if (value.status === "inherited") return "shared";
  return value.status === "zero" || value.value === 0 ? "zero" : "with";
}

function About({ at }: { at: number }) {
  const one = bundle.value!;
  const evidence = needEvidence();
  if (!evidence) return <p>{t("loading")}</p>;
  const indicator = one.meta.indicators[at]!;
  const ranked = one.cities.slice(0, one.meta.edition.ranked);
  const values = ranked.map((city) => valueOf(one, evidence, at, state.value.boundary, city));
  const byKind = new Map<Kind, City[]>(KINDS.map((kind) => [kind, []]));
  values.forEach((value, place) => byKind.get(kindOf(value))!.push(ranked[place]!));
  const sources = [...new Set(values.map((value) => value.source))];
  return (
    <div class="about">
      <p>
        {indicator.question} <span class="help">({indicator.unit}; {t(indicator.direction > 0 ? "higher" : "lower")})</span>
      </p>
      {indicator.formula && (
        <p class="help">
          {t("formula")}: {indicator.formula}
        </p>
      )}
      <div class="two">
        <div>
          <h3>{t("coverageMap")}</h3>
          <MiniMap
            dots={KINDS.map((kind) => ({ class: kind, cities: byKind.get(kind)! }))}
            label={t("covered", { n: ranked.length - byKind.get("absent")!.length, total: ranked.length })}
          />
          <Legend byKind={byKind} total={ranked.length} values={values} />
        </div>
        <div>
          <h3>{t("distribution")}</h3>
          {at < one.tree.leaves ? <Histogram at={at} values={values} /> : <p>{t("notInIndex")}</p>}
        </div>
      </div>
      <Bias at={at} sources={sources} shared={byKind.get("shared")!.length} total={ranked.length} values={values} />
    </div>
  );
}

const NAMES = { with: "dotsValue", zero: "dotsZero", shared: "dotsShared", absent: "dotsAbsent" } as const;

function Legend({ byKind, total, values }: { byKind: Map<Kind, City[]>; total: number; values: Value[] }) {
  const reasons = new Map<string, number>();
  for (const value of values) {
    if (value.value === null) reasons.set(value.status, (reasons.get(value.status) ?? 0) + 1);
  }
  return (
    <ul class="legend dots-legend">
      {KINDS.filter((kind) => byKind.get(kind)!.length > 0).map((kind) => (
        <li key={kind}>
          <svg viewBox="0 0 12 12" aria-hidden="true">
            <path class={`spots ${kind}`} d="M6 6h0" stroke-width="9" />
          </svg>{" "}
          {t(NAMES[kind])} <span class="num">{byKind.get(kind)!.length}</span>{" "}
          <span class="help">
            ({percent(byKind.get(kind)!.length / total)}
            {kind === "absent" && `: ${[...reasons].map(([status, n]) => `${statusName(status)} ${n}`).join(", ")}`})
          </span>
        </li>
      ))}
    </ul>
  );
}

const BINS = 20;

/** How the ranked cities lie on the scale from 0 to 100; imputed ones stand in grey on the others. */
function Histogram({ at, values }: { at: number; values: Value[] }) {
  const column = scores.value[at]!;
  const known = new Array<number>(BINS).fill(0);
  const guessed = new Array<number>(BINS).fill(0);
  values.forEach((value, place) => {
    const bin = Math.min(BINS - 1, Math.floor((column[place]! / 100) * BINS));
    (value.value === null ? guessed : known)[bin]!++;
  });
  const highest = Math.max(...known.map((one, bin) => one + guessed[bin]!), 1);
  const height = (count: number): number => (90 * count) / highest;
  const real = values.flatMap((value) => (value.value === null ? [] : [value.value])).sort((a, b) => a - b);
  const middle = real[real.length >> 1];
  return (
    <>
      <svg class="histogram large" viewBox="0 0 330 122" role="img" aria-label={t("histogramHelp")}>
        {known.map((count, bin) => (
          <g key={bin}>
            <rect x={15 + bin * 15} width="13" y={100 - height(count)} height={height(count)} />
            <rect class="guess" x={15 + bin * 15} width="13" y={100 - height(count + guessed[bin]!)} height={height(guessed[bin]!)} />
          </g>
        ))}
        <line x1="12" x2="318" y1="100.5" y2="100.5" />
        {[0, 50, 100].map((tick) => (
          <text key={tick} x={15 + tick * 3} y="116" text-anchor="middle">{tick}</text>
        ))}
      </svg>
      <p class="help">
        {t("histogramHelp")}
        {middle !== undefined && ` ${t("spanOf", { low: amount(real[0]!), middle: amount(middle), high: amount(real.at(-1)!) })}`}
      </p>
    </>
  );
}

/** What the number can't say: its source's limits, what absence means, and how much of it is a country's. */
function Bias({ at, sources, shared, total, values }: { at: number; sources: string[]; shared: number; total: number; values: Value[] }) {
  const one = bundle.value!;
  const { variables } = one.meta.indicators[at]!;
  const lower = values.filter((value) => value.status === "lower bound").length;
  return (
    <>
      <h3>{t("bias")}</h3>
      <ul class="bias">
        {shared > 0 && <li>{t("biasShared", { p: percent(shared / total) })}</li>}
        {lower > 0 && <li>{t("biasLower", { n: lower })}</li>}
        {sources.flatMap((id) => variables.flatMap((name) => one.meta.sources[id]?.variables[name]?.absence ?? [])).map((why) => (
          <li key={why} lang="en">{why}</li>
        ))}
        {sources.flatMap((id) => one.meta.sources[id]?.limits ?? []).map((limit) => (
          <li key={limit} lang="en">{limit}</li>
        ))}
      </ul>
      <p class="help">
        {t("sources")}:{" "}
        {sources.map((id, place) => (
          <span key={id}>
            {place > 0 && "; "}
            <Outside to={one.meta.sources[id]?.url ?? null}>{one.meta.sources[id]?.title ?? id}</Outside> ({one.meta.sources[id]?.licence})
          </span>
        ))}
      </p>
    </>
  );
}
