import type { Key } from "../i18n";
import { type Claim, type EvidenceItem, VERDICTS, type Verdict } from "../documents";
import { amount, bundle, cityName, follow, hrefTo, percent, t } from "../store";
import { Outside } from "./outside";

/** A sign beside each word, so that no one needs to tell colours apart. */
export const SIGNS: Record<Verdict, string> = {
  supported: "✓",
  contradicted: "✗",
  outdated: "↺",
  imprecise: "≈",
  untestable: "?",
};

export const verdictName = (verdict: Verdict): string => t(verdict);

export function VerdictPill({ verdict }: { verdict: Verdict }) {
  return (
    <span class={`verdict ${verdict}`}>
      <span aria-hidden="true">{SIGNS[verdict]}</span> {verdictName(verdict)}
    </span>
  );
}

/** How many claims have each verdict, as one bar; the buttons filter by it. */
export function VerdictBar({ claims, chosen, onChoose }: {
  claims: Claim[];
  chosen: string;
  onChoose: (verdict: string) => void;
}) {
  const counts = VERDICTS.map((verdict) => claims.filter((one) => one.verdict === verdict).length);
  let left = 0;
  return (
    <div class="verdicts" role="group" aria-label={t("verdict")}>
      <svg viewBox="0 0 1000 12" preserveAspectRatio="none" aria-hidden="true">
        {VERDICTS.map((verdict, at) => {
          const width = (1000 * counts[at]!) / Math.max(claims.length, 1);
          left += width;
          return <rect key={verdict} class={`part ${verdict}`} x={left - width} width={Math.max(width - 2, 0)} height="12" />;
        })}
      </svg>
      <div class="row">
        <button type="button" class="plain" aria-pressed={chosen === ""} onClick={() => onChoose("")}>
          {t("allVerdicts")} <span class="num">{claims.length}</span>
        </button>
        {VERDICTS.map((verdict, at) => (
          <button
            key={verdict}
            type="button"
            class={`plain choose ${verdict}`}
            aria-pressed={chosen === verdict}
            disabled={counts[at] === 0}
            onClick={() => onChoose(chosen === verdict ? "" : verdict)}
          >
            <span class="sign" aria-hidden="true">{SIGNS[verdict]}</span> {verdictName(verdict)}{" "}
            <span class="num">{counts[at]}</span>
          </button>
        ))}
      </div>
    </div>
  );
}

/** How many claims have each verdict, in signs. */
export function Tally({ claims }: { claims: Claim[] }) {
  return (
    <span class="tally">
      {VERDICTS.map((verdict) => {
        const n = claims.filter((one) => one.verdict === verdict).length;
        return n === 0 ? null : (
          <span key={verdict} class={verdict} title={verdictName(verdict)}>
            <span aria-hidden="true">{SIGNS[verdict]}</span> <span class="hidden">{verdictName(verdict)}</span> {n}
          </span>
        );
      })}
    </span>
  );
}

const OUTCOMES: Record<EvidenceItem["outcome"], Key> = {
  holds: "outcomeHolds",
  fails: "outcomeFails",
  depends: "outcomeDepends",
  unknown: "outcomeUnknown",
};
const ROLES: Record<EvidenceItem["role"], Key> = { now: "roleNow", before: "roleBefore", context: "roleContext" };

export function valueText(item: EvidenceItem): string {
  if (item.value === null) return "–";
  if (typeof item.value === "string") return item.value;
  return item.kind === "probability" ? percent(item.value) : amount(item.value);
}

/** One claim: its verdict and reason at once, its evidence on demand. */
export function ClaimItem({ claim, named = false }: { claim: Claim; named?: boolean }) {
  const city = claim.city === null ? undefined : bundle.value!.bySlug.get(claim.city);
  const goal = { page: "city" as const, city: city?.slug ?? "" };
  return (
    <li class="claim" id={`claim-${claim.id}`}>
      <div class="claim-head">
        <VerdictPill verdict={claim.verdict} />
        <p class="statement">
          {named && city && (
            <>
              <a href={hrefTo(goal)} onClick={(event) => follow(event, goal)}>
                <bdi>{cityName(city)}</bdi>
              </a>
              {": "}
            </>
          )}
          <bdi lang="en">{claim.statement}</bdi>
        </p>
      </div>
      <p class="because" lang="en" dir="auto">{claim.because}</p>
      <details>
        <summary>{t("evidenceN", { n: claim.evidence.length })}</summary>
        <p class="help">
          {t("claimWhere", { p: claim.paragraph, s: claim.sentence })} · {t("trueIf")}: <bdi lang="en">{claim.true_if}</bdi>
          {claim.needs !== "" && (
            <>
              {" · "}
              {t("needed")}: <bdi lang="en">{claim.needs}</bdi>
            </>
          )}
        </p>
        <ul class="evidence">
          {claim.evidence.map((item, at) => (
            <Evidence key={`${item.id}-${at}`} item={item} />
          ))}
        </ul>
      </details>
    </li>
  );
}

function Evidence({ item }: { item: EvidenceItem }) {
  return (
    <li>
      <span class={`outcome ${item.outcome}`}>{t(OUTCOMES[item.outcome])}</span>
      <span>
        <bdi lang="en">{item.place}</bdi>: <strong><bdi lang="en">{valueText(item)}</bdi></strong>{" "}
        <bdi lang="en">{item.kind === "initiative" ? "" : item.unit}</bdi> {item.year && `(${item.year})`}
        <span class="below always">
          {item.role !== "now" && `${t(ROLES[item.role])} · `}
          <Outside to={item.url}>{item.citation}</Outside>
        </span>
      </span>
    </li>
  );
}
