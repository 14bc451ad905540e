import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { type City, treated, type UpstreamFile, valueOf } from "../data";
import { leafShares } from "../rank";
import {
  amount,
  bundle,
  change,
  cityName,
  fixed,
  needEvidence,
  needOrigins,
  nodeTitle,
  scores,
  state,
  t,
  weights,
} from "../store";
import { CopyButton } from "./share";
import { statusName } from "./status";

/** The dialog that says where a number is from. The open number is part of the link. */
export function TraceDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [slug, id] = state.value.trace.split(":");
  const city = bundle.value!.bySlug.get(slug ?? "");
  const at = bundle.value!.meta.indicators.findIndex((one) => one.id === id);
  const open = city !== undefined && at >= 0;
  useEffect(() => {
    if (open && !dialog.current?.open) dialog.current?.showModal();
    if (!open && dialog.current?.open) dialog.current.close();
  }, [open]);
  return (
    <dialog ref={dialog} aria-labelledby="trace-title" onClose={() => state.value.trace && change({ trace: "" })}>
      {open && <Chain city={city} at={at} />}
    </dialog>
  );
}

function Chain({ city, at }: { city: City; at: number }) {
  const one = bundle.value!;
  const indicator = one.meta.indicators[at]!;
  const evidence = needEvidence();
  const origins = needOrigins();
  const boundary = city.ranked ? state.value.boundary : one.meta.default_boundary;
  const value = evidence && valueOf(one, evidence, at, boundary, city);
  const source = value && one.meta.sources[value.source];
  const why = source && indicator.variables.map((name) => source.variables[name]?.absence).find(Boolean);
  return (
    <>
      <header>
        <h2 id="trace-title">{t("whereFromOf", { indicator: nodeTitle(indicator.id), city: cityName(city) })}</h2>
        <button type="button" class="plain" onClick={() => change({ trace: "" })}>
          {t("close")}
        </button>
      </header>
      {!value || !source || !origins ? (
        <p>{t("loading")}</p>
      ) : (
        <>
          <p class="figure">
            <strong>{value.value === null ? "–" : amount(value.value)}</strong> {value.unit}
            <span class={`status ${value.value === null ? "absent" : ""}`}>{statusName(value.status)}</span>
          </p>
          <p>{indicator.question}</p>
          <dl>
            {value.period && <Fact name={t("period")}>{value.period}</Fact>}
            <Fact name={t("boundary")}>{t(boundary as "core")}</Fact>
            {value.status !== "observed" && why && <Fact name={t("because")}>{why}</Fact>}
            {indicator.formula && <Fact name={t("formula")}>{indicator.formula}</Fact>}
            <Fact name={t("source")}>{source.title}</Fact>
            <Fact name={t("licence")}>{source.licence} ({source.licence_class})</Fact>
            <Fact name={t("citation")}>
              {source.citation}{" "}
              <CopyButton label={t("copyCitation")} text={() => citation(city, at, value.value, value.unit, source.citation, source.licence)} />
            </Fact>
          </dl>
          <Steps city={city} at={at} value={value.value} />
          <Rows city={city} at={at} boundary={boundary} source={value.source} />
          <p class="help">
            {t("traceCommand")}: <code>technopole trace {city.slug} {indicator.id}</code>
          </p>
        </>
      )}
    </>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function citation(city: City, at: number, value: number | null, unit: string, text: string, licence: string): string {
  const { edition, indicators } = bundle.value!.meta;
  const number = value === null ? "no value" : `${value} ${unit}`;
  return `${city.name}, ${indicators[at]!.title}: ${number}. Technopole, edition ${edition.id} (${edition.content_digest.slice(0, 12)}), from: ${text} Licence: ${licence}.`;
}

function Steps({ city, at, value }: { city: City; at: number; value: number | null }) {
  const one = bundle.value!;
  if (!city.ranked || at >= one.tree.leaves) return null;
  const { lens, boundary } = state.value;
  const score = scores.value[at]![city.at]!;
  const share = leafShares(one.tree, weights.value)[at]!;
  const steps: [string, string][] = [
    [t("treated"), value === null ? t("imputed") : amount(treated(one, at, lens, boundary, city, value))],
    [t("normalised"), fixed(score, 2)],
    [t("weight"), fixed(share, 4)],
    [t("contribution"), fixed(score * share, 3)],
  ];
  return (
    <>
      <h3>{t("chain")}</h3>
      <ol class="steps">
        {steps.map(([name, text]) => (
          <li key={name}>
            <span>{name}</span>
            <strong>{text}</strong>
          </li>
        ))}
      </ol>
    </>
  );
}

function Rows({ city, at, boundary, source }: { city: City; at: number; boundary: string; source: string }) {
  const origins = needOrigins()!;
  const ring = bundle.value!.meta.boundaries.indexOf(boundary);
  const origin = origins.of(at, ring, city);
  if (!city.ranked) return null;
  if (origin.rows === 0) {
    const searched = [...origins.files.values()].filter((file) => file.source === source);
    const more = (searched[0]?.ofSource ?? 0) - searched.length;
    return (
      <>
        <h3>{t("rows")}</h3>
        <p>{t("noRows")}</p>
        {searched.map((file) => (
          <FileFacts key={file.file} file={file} rows={[]} />
        ))}
        {more > 0 && <p>{t("moreFiles", { n: amount(more) })}</p>}
      </>
    );
  }
  const grouped = new Map<number, string[]>();
  for (const { file, row } of origin.first) grouped.set(file, [...(grouped.get(file) ?? []), row]);
  return (
    <>
      <h3>{t("rows")}</h3>
      <p>{t("rowsOf", { n: amount(origin.rows), files: amount(origin.files), shown: origin.first.length })}</p>
      {[...grouped].map(([number, rows]) => {
        const file = origins.files.get(number);
        return file && <FileFacts key={number} file={file} rows={rows} />;
      })}
    </>
  );
}

function FileFacts({ file, rows }: { file: UpstreamFile; rows: string[] }) {
  const address = file.url !== null && /^https?:\/\//.test(file.url) ? file.url : null;
  return (
    <div class="file">
      <p>
        {address ? (
          <a href={address} rel="noreferrer noopener" target="_blank">
            {file.path}
          </a>
        ) : (
          <span title={file.url ?? undefined}>{file.path}</span>
        )}
      </p>
      <p class="hash">
        {t("hash")} <code>{file.sha256}</code>
      </p>
      {rows.length > 0 && (
        <ul class="rows">
          {rows.map((row) => (
            <li key={row}>{row}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
