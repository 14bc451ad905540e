import land from "virtual:land";
import type { City } from "../data";
import { HEIGHT, project, TOP, WIDTH } from "../project";
import { cityName, t } from "../store";

export interface Dots {
  class: string;
  cities: City[];
}

/** Zero-length strokes with round ends: hundreds of dots as one path. */
function dotsPath(cities: City[]): string {
  return cities
    .map((city) => {
      const { x, y } = project(city.longitude, city.latitude);
      return `M${x.toFixed(1)} ${y.toFixed(1)}h0`;
    })
    .join("");
}

/** A shape a city, so that no one needs to tell the colours apart. */
const SHAPES = [
  "M-7 0a7 7 0 1 0 14 0a7 7 0 1 0 -14 0Z",
  "M-6.5-6.5h13v13h-13Z",
  "M0-8L7.5 6h-15Z",
  "M0-8L8 0L0 8L-8 0Z",
  "M-2.5-8h5v5.5H8v5H2.5V8h-5V2.5H-8v-5h5.5Z",
];

interface Spot {
  city: City;
  x: number;
  y: number;
}

/** What is looked at: all of the world, or the cities that are marked with some room around them. */
function frameOf(spots: Spot[]): { left: number; top: number; width: number } {
  if (spots.length === 0) return { left: 0, top: TOP, width: WIDTH };
  const xs = spots.map((one) => one.x);
  const ys = spots.map((one) => one.y);
  const wide = Math.max(...xs) - Math.min(...xs);
  const high = Math.max(...ys) - Math.min(...ys);
  const width = Math.min(WIDTH, Math.max(LEAST, 1.5 * wide, (1.6 * high * WIDTH) / HEIGHT));
  const height = (HEIGHT * width) / WIDTH;
  const within = (middle: number, size: number, low: number, high: number): number =>
    Math.max(low, Math.min(high - size, middle - size / 2));
  return {
    left: within((Math.max(...xs) + Math.min(...xs)) / 2, width, 0, WIDTH),
    top: within((Math.max(...ys) + Math.min(...ys)) / 2, height, TOP, TOP + HEIGHT),
    width,
  };
}

const LEAST = 330;

/** Right, left, above or below: the first place where a name covers no other name and stays on the map. */
function placed(spots: Spot[], size: number, frame: { left: number; width: number }): { dx: number; dy: number; anchor: "start" | "end" | "middle" }[] {
  const taken: [number, number, number, number][] = spots.map(({ x, y }) => [x - size / 2, y - size / 2, x + size / 2, y + size / 2]);
  return spots.map(({ city, x, y }, own) => {
    const wide = [...cityName(city)].reduce((sum, letter) => sum + (letter.charCodeAt(0) > 0x2e80 ? 1 : 0.62) * size, 0);
    const choices = [
      { dx: 0.75 * size, dy: 0.35 * size, anchor: "start" as const, from: 0.75 * size },
      { dx: -0.75 * size, dy: 0.35 * size, anchor: "end" as const, from: -0.75 * size - wide },
      { dx: 0, dy: -0.75 * size, anchor: "middle" as const, from: -wide / 2 },
      { dx: 0, dy: 1.4 * size, anchor: "middle" as const, from: -wide / 2 },
    ];
    const boxOf = (one: (typeof choices)[number]): [number, number, number, number] => [x + one.from, y + one.dy - 0.85 * size, x + one.from + wide, y + one.dy + 0.15 * size];
    const free = choices.find((one) => {
      const [left, top, right, bottom] = boxOf(one);
      const inside = left >= frame.left && right <= frame.left + frame.width;
      return inside && taken.every(([a, b, c, d], other) => other === own || right < a || left > c || bottom < b || top > d);
    });
    const chosen = free ?? choices[0]!;
    taken.push(boxOf(chosen));
    return chosen;
  });
}

/** A small Equal Earth map: dots by kind, and the cities that are looked at with shape and name. */
export function MiniMap({ dots, marked = [], label }: { dots: Dots[]; marked?: City[]; label: string }) {
  const spots = marked.map((city) => ({ city, ...project(city.longitude, city.latitude) }));
  const frame = frameOf(spots);
  const scale = frame.width / WIDTH;
  // the names of a map that is drawn small are drawn larger in it
  const size = (matchMedia("(max-width: 44rem)").matches ? 34 : 19) * scale;
  const names = placed(spots, size, frame);
  return (
    <figure class="map mini">
      <svg role="img" aria-label={label} viewBox={`${frame.left} ${frame.top} ${frame.width} ${HEIGHT * scale}`}>
        <path class="land" d={land} />
        {dots.map((one) => (
          <path key={one.class} class={`spots ${one.class}`} d={dotsPath(one.cities)} stroke-width={6 * scale} />
        ))}
        {spots.map(({ city, x, y }, at) => (
          <g key={city.at} transform={`translate(${x.toFixed(1)} ${y.toFixed(1)})`}>
            <path class={`shape color-${at}`} d={SHAPES[at]!} transform={`scale(${(size / 19).toFixed(3)})`} />
            <text x={names[at]!.dx} y={names[at]!.dy} text-anchor={names[at]!.anchor} font-size={size} stroke-width={size / 4}>
              {cityName(city)}
            </text>
          </g>
        ))}
      </svg>
    </figure>
  );
}

export const mapLabel = (names: string[]): string => t("mapOf", { names: names.join(", ") });
