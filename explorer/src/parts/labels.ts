// Names on a map: those of the best cities that find room.
import { WIDTH } from "../project";
import { cityName, type Row } from "../store";

export interface Label {
  at: number;
  name: string;
  x: number;
  y: number;
  anchor: "start" | "end";
}

type Box = [number, number, number, number];
const MOST = 16;
const LETTER = 6.6;
const WIDE_LETTER = 10.5;
const LINE = 12;

const length = (name: string): number =>
  [...name].reduce((sum, letter) => sum + (letter >= "\u1100" ? WIDE_LETTER : LETTER), 0);
const apart = (a: Box, b: Box): boolean => a[0] >= b[2] || b[0] >= a[2] || a[1] >= b[3] || b[1] >= a[3];

/**
 * Names to the right of their dots, else to the left; a name that would cover another is left out.
 * `frame`: left, top, width and height of what is seen.
 */
export function labels(dots: { row: Row; x: number; y: number }[], frame: [number, number, number, number]): Label[] {
  const [left, top, width, height] = frame;
  const scale = width / WIDTH;
  const high = LINE * scale;
  const taken: Box[] = [];
  const placed: Label[] = [];
  for (const { row, x, y } of [...dots].reverse()) {
    if (placed.length === MOST) break;
    const name = cityName(row.city);
    const long = length(name) * scale;
    for (const anchor of ["start", "end"] as const) {
      const from = anchor === "start" ? x + 8 * scale : x - 8 * scale - long;
      const box: Box = [from, y - high / 2, from + long, y + high / 2];
      const inside = box[0] > left && box[2] < left + width && box[1] > top && box[3] < top + height;
      if (!inside || taken.some((other) => !apart(box, other))) continue;
      taken.push(box);
      placed.push({ at: row.city.at, name, x: anchor === "start" ? from : from + long, y: y + 0.35 * high, anchor });
      break;
    }
  }
  return placed;
}
