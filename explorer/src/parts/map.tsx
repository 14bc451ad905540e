import { useSignal } from "@preact/signals";
import land from "virtual:land";
import { HEIGHT, project, TOP, WIDTH } from "../project";
import type { Key } from "../i18n";
import { change, cityName, type Row, t } from "../store";

const VIEWS: [Key, number, number, number][] = [
  // left, top, width in the coordinates of the projection; the height follows
  ["world", 0, TOP, WIDTH],
  ["americas", 120, TOP + 40, 420],
  ["europe", 430, 40, 200],
  ["asia", 600, 70, 330],
];

interface Label {
  row: Row;
  x: number;
  y: number;
  anchor: "start" | "end";
}

const MOST_LABELS = 16;
const LETTER = 5.6;
const LINE = 11;

/** Names of the best cities that find room: right of the dot, else left; a name over another is left out. */
function labels(rows: Row[], left: number, top: number, width: number): Label[] {
  const scale = width / WIDTH;
  const [wide, high] = [LETTER * scale, LINE * scale];
  const taken: [number, number, number, number][] = [];
  const placed: Label[] = [];
  for (const row of [...rows].sort((a, b) => b.score - a.score)) {
    if (placed.length === MOST_LABELS) break;
    const { x, y } = project(row.city.longitude, row.city.latitude);
    const long = cityName(row.city).length * wide;
    for (const anchor of ["start", "end"] as const) {
      const from = anchor === "start" ? x + 8 * scale : x - 8 * scale - long;
      const box: [number, number, number, number] = [from, y - high / 2, from + long, y + high / 2];
      const inside = box[0] > left && box[2] < left + width && box[1] > top && box[3] < top + HEIGHT * scale;
      if (!inside || taken.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) continue;
      taken.push(box);
      placed.push({ row, x: anchor === "start" ? from : from + long, y: y + 0.35 * high, anchor });
      break;
    }
  }
  return placed;
}

/** Equal Earth map of cities. An enhancement: the table holds the same, so that its dots take no focus. */
export function WorldMap({ rows, marked = [], small = false }: { rows: Row[]; marked?: string[]; small?: boolean }) {
  const view = useSignal(0);
  const [, left, top, width] = VIEWS[view.value]!;
  const scale = width / WIDTH;
  const highest = Math.max(1, ...rows.map((row) => row.score));
  const dots = [...rows].sort((a, b) => a.score - b.score);
  return (
    <figure class={small ? "map small" : "map"}>
      <svg
        role="img"
        aria-label={t("mapLabel", { n: rows.length })}
        viewBox={`${left} ${top} ${width} ${HEIGHT * scale}`}
        onClick={(event) => {
          const slug = (event.target as Element).getAttribute("data-city");
          if (slug) change({ page: "city", city: slug });
        }}
      >
        <path class="land" d={land} />
        <g class="dots" stroke-width={0.6 * scale}>
          {dots.map((row) => {
            const { x, y } = project(row.city.longitude, row.city.latitude);
            const share = row.score / highest;
            const color = marked.indexOf(row.city.slug);
            return (
              <circle
                key={row.city.at}
                data-city={row.city.slug}
                class={color >= 0 ? `marked color-${color}` : undefined}
                cx={x.toFixed(1)}
                cy={y.toFixed(1)}
                r={((color >= 0 ? 7 : 1.6 + 5.4 * share) * Math.sqrt(scale)).toFixed(2)}
                fill-opacity={color >= 0 ? 1 : (0.22 + 0.7 * share).toFixed(2)}
              >
                <title>{`${row.own}. ${cityName(row.city)}`}</title>
              </circle>
            );
          })}
        </g>
        {!small && (
          <g class="names" font-size={10 * scale} stroke-width={2.6 * scale} aria-hidden="true">
            {labels(rows, left, top, width).map(({ row, x, y, anchor }) => (
              <text key={row.city.at} x={x.toFixed(1)} y={y.toFixed(1)} text-anchor={anchor}>
                {cityName(row.city)}
              </text>
            ))}
          </g>
        )}
      </svg>
      {!small && (
        <div class="segments zoom" role="group" aria-label={t("map")}>
          {VIEWS.map(([key], at) => (
            <button key={key} type="button" aria-pressed={view.value === at} onClick={() => (view.value = at)}>
              {t(key)}
            </button>
          ))}
        </div>
      )}
    </figure>
  );
}
