import { valueOf } from "../data";
import { Downloads, noteOf } from "../parts/downloads";
import { Boundaries, RangePicture, Steps, Tiers } from "../parts/explained";
import { FrameworkTree } from "../parts/framework";
import { CopyButton } from "../parts/share";
import { SourceTable } from "../parts/sources";
import { FILL, type Picture } from "../picture";
import { leafShares } from "../rank";
import type { Sheet } from "../sheet";
import { amount, bundle, fixed, needEvidence, nodeTitle, percent, t, weights } from "../store";

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
      <Downloads sheet={sheetOf} picture={pictureOf} />
      <section class="panel prose">
        <h2>{t("howTitle")}</h2>
        <Steps />
        <div class="two">
          <ol>
            <li>{t("how1")}</li>
            <li>{t("how2", { s: method.shrink_millions })}</li>
            <li>{t("how3", { share: percent(eligibility.least_share), n: eligibility.least_nonzero })}</li>
            <li>{t("how4")}</li>
          </ol>
          <Boundaries />
        </div>
      </section>
      <section class="panel prose">
        <h2>{t("sureTitle")}</h2>
        <div class="two">
          <div>
            <p>{t("sure1", { n: amount(uncertainty.replicates), f: uncertainty.weight_factor })}</p>
            <RangePicture />
          </div>
          <div>
            <p>{t("sure2", { p: percent(tiers.least_win) })}</p>
            <Tiers />
          </div>
        </div>
        <p>{t("sure3")}</p>
      </section>
      <section class="panel">
        <h2>{t("tree")}</h2>
        <p class="help">{t("treeHelp2")}</p>
        <FrameworkTree />
      </section>
      <section class="panel">
        <h2>{t("sources")}</h2>
        <SourceTable />
      </section>
    </article>
  );
}

/** Every indicator with its share of the index, how many cities have it, and where it is from. */
function sheetOf(): Sheet {
  const one = bundle.value!;
  const evidence = needEvidence();
  const shares = leafShares(one.tree, weights.value);
  const ranked = one.cities.slice(0, one.meta.edition.ranked);
  const rows = one.meta.indicators.map((indicator, at) => {
    const values = evidence ? ranked.map((city) => valueOf(one, evidence, at, one.meta.default_boundary, city)) : [];
    const sources = [...new Set(values.map((value) => value.source))];
    const parent = at < one.tree.leaves ? one.tree.names[one.tree.parents[at]!]! : null;
    return [
      indicator.id, indicator.title, indicator.question, indicator.unit, indicator.kind, indicator.direction, parent,
      at < one.tree.leaves ? shares[at]! : null, values.filter((value) => value.value !== null).length,
      sources.join("; "), sources.map((id) => one.meta.sources[id]?.licence ?? "").join("; "),
      sources.map((id) => one.meta.sources[id]?.citation ?? "").join("; "),
    ]; // prettier-ignore
  });
  return {
    name: "method",
    columns: ["indicator", "title", "question", "unit", "kind", "direction", "pillar", "share", "cities_with_value",
      "sources", "source_licences", "citations"], // prettier-ignore
    rows,
    weighed: true,
    beside: { framework_declared: one.meta.framework, nodes: one.meta.nodes },
  };
}

function pictureOf(): Picture {
  const one = bundle.value!;
  const shares = leafShares(one.tree, weights.value);
  const widest = Math.max(...shares);
  const leaves = (node: number): number[] => one.tree.parents.flatMap((parent, at) => (parent === node && at < one.tree.leaves ? [at] : []));
  const rows = one.meta.pillars.flatMap((id) => {
    const under = leaves(one.tree.names.indexOf(id));
    const total = under.reduce((sum, at) => sum + shares[at]!, 0);
    return [
      { label: nodeTitle(id), level: 0 as const, texts: [`${fixed(100 * total)} %`], lines: [[]] },
      ...under.map((at) => ({
        label: one.meta.indicators[at]!.title,
        level: 2 as const,
        texts: [`${fixed(100 * shares[at]!)} %`],
        lines: [[{ from: 0, to: shares[at]! / widest, color: FILL }]],
      })),
    ];
  });
  return { title: t("tree"), note: noteOf(true), legend: [], rows };
}
