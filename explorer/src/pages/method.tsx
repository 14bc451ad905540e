import { valueOf } from "../data";
import { leafShares } from "../rank";
import { amount, bundle, fixed, needEvidence, nodeTitle, percent, scores, state, t, weights } from "../store";
import { CopyButton } from "../parts/share";

export function MethodPage() {
  const { meta } = bundle.value!;
  const { method, uncertainty, eligibility, tiers } = meta.framework;
  const { edition } = meta;
  const cite = `Technopole, edition ${edition.id}, framework ${meta.framework.id} (content digest ${edition.content_digest}).`;
  return (
    <article class="method">
      <h1>{t("method")}</h1>
      <p class="sub">
        {t("edition", { id: edition.id })}:{" "}
        {t("facts", {
          sources: Object.keys(meta.sources).length,
          files: amount(edition.upstream_files),
          rows: amount(edition.upstream_rows),
          cities: amount(edition.cities),
          ranked: amount(edition.ranked),
        })}
      </p>
      <p class="help">
        {t("cite", { text: cite })} <CopyButton label={t("copyCitation")} text={() => cite} />
      </p>
      <div class="two">
        <section class="panel prose">
          <h2>{t("howTitle")}</h2>
          <ol>
            <li>{t("how1")}</li>
            <li>{t("how2", { s: method.shrink_millions })}</li>
            <li>{t("how3", { share: percent(eligibility.least_share), n: eligibility.least_nonzero })}</li>
            <li>{t("how4")}</li>
          </ol>
        </section>
        <section class="panel prose">
          <h2>{t("sureTitle")}</h2>
          <p>{t("sure1", { n: amount(uncertainty.replicates), f: uncertainty.weight_factor })}</p>
          <RangePicture />
          <p>{t("sure2", { p: percent(tiers.least_win) })}</p>
          <p>{t("sure3")}</p>
        </section>
      </div>
      <section class="panel">
        <h2>{t("tree")}</h2>
        <p class="help">{t("treeHelp")}</p>
        <Branches />
      </section>
      <section class="panel">
        <h2>{t("indicators")}</h2>
        <IndicatorList />
      </section>
      <section class="panel">
        <h2>{t("sources")}</h2>
        <SourceList />
      </section>
    </article>
  );
}

/** A rank, its range and what they mean, drawn. */
function RangePicture() {
  return (
    <svg class="range-picture" viewBox="0 0 300 46" role="img" aria-label={t("range")}>
      <line x1="10" x2="290" y1="20" y2="20" class="axis" />
      <line x1="70" x2="210" y1="20" y2="20" class="range" />
      <circle cx="120" cy="20" r="6" />
      <text x="70" y="40" text-anchor="middle">5 %</text>
      <text x="120" y="40" text-anchor="middle">{t("rank")}</text>
      <text x="210" y="40" text-anchor="middle">95 %</text>
    </svg>
  );
}

function Branches() {
  const { meta, tree } = bundle.value!;
  const shares = leafShares(tree, weights.value);
  const total = (node: number): number =>
    node < tree.leaves
      ? shares[node]!
      : tree.names.reduce((sum, _, child) => (tree.parents[child] === node ? sum + total(child) : sum), 0);
  const Branch = ({ id }: { id: string }) => {
    const node = tree.names.indexOf(id);
    const children = tree.names.filter((_, child) => tree.parents[child] === node);
    return (
      <li>
        <span class="node">
          {nodeTitle(id)} <span class="num">{fixed(100 * total(node))} %</span>
        </span>
        {children.length > 0 && (
          <ul>
            {children.map((child) => (
              <Branch key={child} id={child} />
            ))}
          </ul>
        )}
      </li>
    );
  };
  return (
    <ul class="tree">
      {meta.sides.map((id) => (
        <Branch key={id} id={id} />
      ))}
    </ul>
  );
}

const BINS = 20;

function Histogram({ values }: { values: ArrayLike<number> }) {
  const bins = new Array<number>(BINS).fill(0);
  for (let i = 0; i < values.length; i++) bins[Math.min(BINS - 1, Math.floor((values[i]! / 100) * BINS))]!++;
  const highest = Math.max(...bins, 1);
  return (
    <svg class="histogram" viewBox={`0 0 ${BINS * 6} 30`} aria-hidden="true">
      {bins.map((count, at) => (
        <rect key={at} x={at * 6} width="5" y={30 - (28 * count) / highest} height={(28 * count) / highest} />
      ))}
    </svg>
  );
}

function IndicatorList() {
  const one = bundle.value!;
  const evidence = needEvidence();
  if (!evidence) return <p>{t("loading")}</p>;
  const ranked = one.cities.slice(0, one.meta.edition.ranked);
  return (
    <div class="table-frame">
      <table class="indicators">
        <thead>
          <tr>
            <th scope="col">{t("indicator")}</th>
            <th scope="col">{t("source")}</th>
            <th scope="col">{t("coverage")}</th>
            <th scope="col" class="wide">{t("distribution")}</th>
          </tr>
        </thead>
        <tbody>
          {one.meta.indicators.map((indicator, at) => {
            const values = ranked.map((city) => valueOf(one, evidence, at, state.value.boundary, city));
            const present = values.filter((value) => value.value !== null).length;
            const sources = [...new Set(values.map((value) => value.source))];
            return (
              <tr key={indicator.id}>
                <th scope="row">
                  {indicator.title}
                  <span class="below always">
                    {indicator.question} ({indicator.unit}; {t(indicator.direction > 0 ? "higher" : "lower")})
                  </span>
                </th>
                <td>
                  {sources.map((id) => (
                    <span key={id} class="below always">{one.meta.sources[id]!.title}</span>
                  ))}
                </td>
                <td>{t("covered", { n: present, total: ranked.length })}</td>
                <td class="wide">{at < one.tree.leaves && <Histogram values={scores.value[at]!} />}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function SourceList() {
  const { sources, inputs } = bundle.value!.meta;
  return (
    <>
      {Object.entries(sources).map(([id, source]) => (
        <details key={id} class="source">
          <summary>
            {source.title} <span class="help">{source.licence}</span>
          </summary>
          <p>{source.what}</p>
          <p>{source.citation}</p>
          <p class="help">
            {t("vintage")}: {source.vintage}
            {source.resolved_share !== null && ` · ${fixed(100 * source.resolved_share)} % ${t("resolved")}`}
            {" · "}
            <a href={source.url} rel="noreferrer noopener" target="_blank">
              {source.url}
            </a>
          </p>
          <h3>{t("limits")}</h3>
          <ul>
            {source.limits.map((limit) => (
              <li key={limit}>{limit}</li>
            ))}
          </ul>
        </details>
      ))}
      <ul class="inputs">
        {Object.entries(inputs).map(([id, input]) => (
          <li key={id}>
            {input.title}. {input.citation} <span class="help">{input.licence}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
