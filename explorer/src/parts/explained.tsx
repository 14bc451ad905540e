// The method in pictures: each is drawn from the edition or says what a word means.
import { bundle, cityName, fixed, ranking, t } from "../store";

/** From rows to a rank in five steps. */
export function Steps() {
  const steps = ["step1", "step2", "step3", "step4", "step5"] as const;
  return (
    <ol class="flow">
      {steps.map((key, at) => (
        <li key={key}>
          <span class="num" aria-hidden="true">{at + 1}</span> {t(key)}
        </li>
      ))}
    </ol>
  );
}

/** Three lines around one city: half the radius, the radius, one and a half of it. */
export function Boundaries() {
  return (
    <figure class="picture">
      <svg viewBox="0 0 360 190" role="img" aria-label={`${t("core")}, ${t("agglomeration")}, ${t("region")}`}>
        <circle class="ring outer" cx="100" cy="95" r="84" />
        <circle class="ring middle" cx="100" cy="95" r="56" />
        <circle class="ring inner" cx="100" cy="95" r="28" />
        <circle class="centre" cx="100" cy="95" r="4" />
        {([["region", 24, 84], ["agglomeration", 58, 56], ["core", 95, 28]] as const).map(([key, y, radius]) => (
          <g key={key}>
            <line x1={100 + Math.sqrt(Math.max(radius ** 2 - (95 - y) ** 2, 0))} x2="205" y1={y} y2={y} />
            <text x="212" y={y + 5}>{t(key)}</text>
          </g>
        ))}
      </svg>
      <figcaption class="help">{t("boundaryHelp")}</figcaption>
    </figure>
  );
}

const BINS = 40;

/** What a range is: ranks of many recalculations as columns, their middle 90 % and the rank itself. */
export function RangePicture() {
  // drawn from a formula, not from a city: it shows what the words mean
  const heights = Array.from({ length: BINS }, (_, at) => Math.exp(-(((at - 13) / 6) ** 2)) + 0.55 * Math.exp(-(((at - 21) / 5) ** 2)));
  const total = heights.reduce((sum, one) => sum + one, 0);
  let sum = 0;
  const cumulated = heights.map((one) => (sum += one) / total);
  const low = cumulated.findIndex((one) => one >= 0.05);
  const high = cumulated.findIndex((one) => one >= 0.95);
  const x = (bin: number): number => 14 + bin * 8.4;
  return (
    <figure class="picture">
      <svg class="range-picture" viewBox="0 0 360 150" role="img" aria-label={t("rangePicture")}>
        {heights.map((one, at) => (
          <rect key={at} class={at >= low && at <= high ? "in" : "out"} x={x(at)} y={100 - 68 * one} width="6.6" height={68 * one} />
        ))}
        <line class="range" x1={x(low)} x2={x(high) + 6.6} y1="116" y2="116" />
        <circle cx={x(13) + 3.3} cy="116" r="6" />
        <text x={x(low)} y="140" text-anchor="middle">5 %</text>
        <text x={x(13) + 3.3} y="140" text-anchor="middle">{t("rank")}</text>
        <text x={x(high)} y="140" text-anchor="middle">95 %</text>
      </svg>
      <figcaption class="help">{t("rangePicture")}</figcaption>
    </figure>
  );
}

const SHOWN = 12;

/** The first cities of the edition with their ranges and tiers: who can't be told apart from whom. */
export function Tiers() {
  const rows = ranking.value.slice(0, SHOWN);
  const last = Math.max(...rows.map((row) => row.high), 2);
  const x = (rank: number): number => 150 + 190 * Math.sqrt((rank - 1) / (last - 1));
  return (
    <figure class="picture">
      <svg class="tiers" viewBox={`0 0 360 ${SHOWN * 18 + 8}`} role="img" aria-label={t("tiersPicture", { n: SHOWN })}>
        {rows.map((row, at) => {
          const y = 14 + at * 18;
          return (
            <g key={row.city.at} class={row.tier % 2 ? "odd" : "even"}>
              <text x="0" y={y + 4}>{cityName(row.city)}</text>
              <text class="tier" x="138" y={y + 4} text-anchor="end">{row.tier}</text>
              <line class="range" x1={x(row.low)} x2={x(row.high)} y1={y} y2={y} />
              <circle cx={x(row.rank)} cy={y} r="4">
                <title>{`${row.rank} (${fixed(row.low, 0)}–${fixed(row.high, 0)})`}</title>
              </circle>
            </g>
          );
        })}
      </svg>
      <figcaption class="help">{t("tiersPicture", { n: Math.min(SHOWN, bundle.value!.meta.edition.ranked) })}</figcaption>
    </figure>
  );
}
