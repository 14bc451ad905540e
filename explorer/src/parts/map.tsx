import { useComputed, useSignal } from "@preact/signals";
import land from "virtual:land";
import { around, globe, STEEPEST } from "../globe";
import type { Key } from "../i18n";
import { HEIGHT, project, TOP, WIDTH } from "../project";
import { change, cityName, type Row, t } from "../store";
import { labels } from "./labels";

/** What of the world is seen. Flat: left and top in the coordinates of the projection; globe: the place below the eye. */
interface Eye {
  globe: boolean;
  x: number;
  y: number;
  times: number;
}

const VIEWS: [Key, Eye][] = [
  ["world", { globe: false, x: 0, y: TOP, times: 1 }],
  ["americas", { globe: false, x: 120, y: TOP + 40, times: WIDTH / 420 }],
  ["europe", { globe: false, x: 430, y: 40, times: WIDTH / 200 }],
  ["asia", { globe: false, x: 600, y: 70, times: WIDTH / 330 }],
  ["globe", { globe: true, x: 15, y: 35, times: 1 }],
];
const CLOSEST = 12;
const STEP = 1.5;
const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

const within = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

/** The same eye, moved by a part of the map's width and height. */
function moved(eye: Eye, right: number, down: number): Eye {
  if (eye.globe) {
    const turn = 150 / eye.times;
    return { ...eye, x: around(eye.x + right * turn), y: within(eye.y - down * turn * 0.6, -STEEPEST, STEEPEST) };
  }
  const [width, height] = [WIDTH / eye.times, HEIGHT / eye.times];
  return { ...eye, x: within(eye.x + right * width, 0, WIDTH - width), y: within(eye.y + down * height, TOP, TOP + HEIGHT - height) };
}

/** The same eye, closer or further; the middle stays where it is. */
function zoomed(eye: Eye, by: number): Eye {
  const times = within(eye.times * by, 1, CLOSEST);
  if (eye.globe) return { ...eye, times };
  const part = (eye.times / times - 1) / 2;
  const centred = { ...eye, times, x: eye.x - (part * WIDTH) / eye.times, y: eye.y - (part * HEIGHT) / eye.times };
  return moved(centred, 0, 0);
}

/**
 * Map of cities: Equal Earth or a globe, both SVG. An enhancement: the table holds the same, so that its dots take no
 * focus. It is dragged, and moved by arrow keys from its buttons.
 */
export function WorldMap({ rows, marked = [], small = false }: { rows: Row[]; marked?: string[]; small?: boolean }) {
  const eye = useSignal(VIEWS[0]![1]);
  const { drag, wasDragged } = useDrag(eye);
  const ball = useComputed(() => (eye.value.globe ? globe(eye.value.x, eye.value.y, eye.value.times) : undefined)).value;
  const { x: left, y: top, times } = eye.value;
  const scale = ball ? 1 : 1 / times;
  const place = ball?.place ?? project;
  const highest = Math.max(1, ...rows.map((row) => row.score));
  const dots = [...rows]
    .sort((a, b) => a.score - b.score)
    .flatMap((row) => {
      const at = place(row.city.longitude, row.city.latitude);
      return at ? [{ row, ...at }] : [];
    });
  const frame: [number, number, number, number] = ball ? [0, TOP, WIDTH, HEIGHT] : [left, top, WIDTH * scale, HEIGHT * scale];
  return (
    <figure class={small ? "map small" : "map"}>
      <svg
        role="img"
        aria-label={t("mapLabel", { n: rows.length })}
        viewBox={frame.join(" ")}
        {...(small ? {} : drag)}
        onClick={(event) => {
          const slug = (event.target as Element).getAttribute("data-city");
          if (slug && !wasDragged()) change({ page: "city", city: slug });
        }}
      >
        {ball && <path class="sphere" d={ball.sphere} />}
        {ball && <path class="graticule" d={ball.lines} />}
        <path class="land" d={ball?.land ?? land} />
        <g class="dots" stroke-width={0.6 * scale}>
          {dots.map(({ row, x, y }) => {
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
          <g class="city-names" font-size={10 * scale} stroke-width={2.6 * scale} aria-hidden="true">
            {labels(dots, frame).map(({ at, name, x, y, anchor }) => (
              <text key={at} x={x.toFixed(1)} y={y.toFixed(1)} text-anchor={anchor}>
                {name}
              </text>
            ))}
          </g>
        )}
      </svg>
      {!small && (
        <div
          class="segments zoom"
          role="group"
          aria-label={t("map")}
          onKeyDown={(event) => {
            const arrow = ARROWS[event.key];
            if (!arrow) return;
            event.preventDefault();
            eye.value = moved(eye.value, arrow[0] * 0.15, arrow[1] * 0.15);
          }}
        >
          {VIEWS.map(([key, view]) => (
            <button key={key} type="button" aria-pressed={eye.value === view} onClick={() => (eye.value = view)}>
              {t(key)}
            </button>
          ))}
          <button type="button" aria-label={t("zoomIn")} disabled={times >= CLOSEST} onClick={() => (eye.value = zoomed(eye.value, STEP))}>
            +
          </button>
          <button type="button" aria-label={t("zoomOut")} disabled={times <= 1} onClick={() => (eye.value = zoomed(eye.value, 1 / STEP))}>
            −
          </button>
        </div>
      )}
    </figure>
  );
}

/** Dragging with mouse, pen or one finger; up and down a finger scrolls the page, as everywhere. */
function useDrag(eye: { value: Eye }) {
  const from = useSignal<{ x: number; y: number; eye: Eye; far: boolean } | undefined>(undefined);
  const far = useSignal(false);
  return {
    wasDragged: () => far.peek(),
    drag: {
      onPointerDown: (event: PointerEvent & { currentTarget: SVGSVGElement }) => {
        if (event.button !== 0) return;
        far.value = false;
        from.value = { x: event.clientX, y: event.clientY, eye: eye.value, far: false };
      },
      onPointerMove: (event: PointerEvent & { currentTarget: SVGSVGElement }) => {
        const start = from.peek();
        if (!start || !(event.buttons & 1)) return;
        const box = event.currentTarget.getBoundingClientRect();
        const [right, down] = [(start.x - event.clientX) / box.width, (start.y - event.clientY) / box.height];
        if (Math.abs(right) + Math.abs(down) > 0.01 && !far.peek()) {
          far.value = true;
          event.currentTarget.setPointerCapture(event.pointerId);
        }
        if (far.peek()) eye.value = moved(start.eye, right, down);
      },
      onPointerUp: () => (from.value = undefined),
      onPointerCancel: () => (from.value = undefined),
    },
  };
}
