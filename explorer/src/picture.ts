// Bars as a picture of its own: SVG in the light theme, whatever the page wears.
import { escape } from "./download";

export const COLORS = ["#0072b2", "#c14f00", "#00795a", "#a63d7f", "#6b5900"];
export const FILL = "#2b8a91";
export const GUESS = "#a9b4b8";

export interface Bar {
  from: number;
  to: number;
  color: string;
}

export interface BarRow {
  label: string;
  /** 0 is a heading, 1 and 2 stand under it. */
  level: 0 | 1 | 2;
  /** What stands at the end of each line. */
  texts: string[];
  /** Lines under each other, each with its bars; from and to are shares of the width. */
  lines: Bar[][];
}

export interface Picture {
  title: string;
  note: string;
  legend: { text: string; color: string }[];
  rows: BarRow[];
}

const WIDTH = 960;
const LABEL = 330;
const VALUE = 130;
const LINE = 11;
const NOTE = 8;

/** About so many pixels wide; a picture can't measure its text. */
const widthOf = (text: string, size: number): number =>
  [...text].reduce((sum, letter) => sum + (letter.charCodeAt(0) > 0x2e80 ? 1 : 0.56) * size, 0);

function fitted(text: string, width: number, size: number): string {
  if (widthOf(text, size) <= width) return text;
  let kept = text;
  while (kept && widthOf(`${kept}…`, size) > width) kept = kept.slice(0, -1);
  return `${kept.trimEnd()}…`;
}

/** Lines of at most so many pixels, broken between words. */
function wrapped(text: string, width: number, size: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)!} ${word}`.trim();
    if (widthOf(longer, size) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

function rowSvg(row: BarRow, top: number): string {
  const size = row.level === 0 ? 13 : 12;
  const left = 20 + Math.max(row.level - 1, 0) * 14;
  const x = (share: number): number => LABEL + 20 + (WIDTH - LABEL - VALUE - 40) * Math.max(0, Math.min(1, share));
  const middle = top + (row.lines.length * LINE) / 2 + 6;
  const label = `<text x="${left}" y="${middle.toFixed(1)}" font-size="${size}" font-weight="${row.level === 0 ? 600 : 400}">${escape(fitted(row.label, LABEL - left, size))}</text>`;
  const lines = row.lines.map((bars, at) => {
    const y = top + 3 + at * LINE;
    const drawn = bars.map(
      ({ from, to, color }) =>
        `<rect x="${x(Math.min(from, to)).toFixed(1)}" y="${y}" width="${Math.abs(x(to) - x(from)).toFixed(1)}" height="${LINE - 3}" fill="${color}"/>`,
    );
    const text = row.texts[at] ?? "";
    return `${drawn.join("")}<text x="${WIDTH - 20}" y="${y + 8}" font-size="11" text-anchor="end" fill="#5b6475">${escape(fitted(text, VALUE, 11))}</text>`;
  });
  return label + lines.join("");
}

export function barsSvg(picture: Picture, facts: unknown): string {
  const tops: number[] = [];
  let y = picture.legend.length ? 66 : 44;
  for (const row of picture.rows) {
    // a heading keeps to what stands under it
    if (row.level === 0) y += 10;
    tops.push(y);
    y += Math.max(row.lines.length * LINE, 12) + 8;
  }
  const notes = wrapped(picture.note, WIDTH - 40, NOTE);
  const height = y + 24 + notes.length * (NOTE + 3);
  let at = 20;
  const legend = picture.legend.map(({ text, color }) => {
    const drawn = `<rect x="${at}" y="46" width="10" height="10" fill="${color}"/><text x="${at + 15}" y="55" font-size="11">${escape(text)}</text>`;
    at += widthOf(text, 11) + 34;
    return drawn;
  });
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH * 2}" height="${height * 2}" font-family="system-ui, sans-serif" fill="#1d2433">` +
    `<title>${escape(picture.title)}</title><desc>${escape(JSON.stringify(facts))}</desc>` +
    `<rect width="100%" height="100%" fill="#ffffff"/>` +
    `<text x="20" y="30" font-size="17" font-weight="600">${escape(fitted(picture.title, WIDTH - 40, 17))}</text>` +
    legend.join("") +
    picture.rows.map((row, place) => rowSvg(row, tops[place]!)).join("") +
    notes.map((line, at) => `<text x="20" y="${y + 20 + at * (NOTE + 3)}" font-size="${NOTE}" fill="#5b6475">${escape(line)}</text>`).join("") +
    "</svg>\n"
  );
}
