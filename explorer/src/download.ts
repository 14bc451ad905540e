// Files of what is on the screen: CSV, JSON, SVG and PNG, each with its order, weights, ranges, edition and licences.
import type { Bundle } from "./data";
import { HEIGHT, project, TOP, WIDTH } from "./project";
import type { Row } from "./store";
import land from "virtual:land";

export interface View {
  bundle: Bundle;
  rows: Row[];
  lens: string;
  boundary: string;
  side: string;
  weights: Record<string, number>;
  own: boolean;
  link: string;
}

export function save(name: string, content: BlobPart, type: string): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** A cell that no spreadsheet takes for a formula, and that quotes what must be quoted. */
export function cell(value: string | number | boolean | null): string {
  if (value === null) return "";
  if (typeof value !== "string") return String(value);
  const safe = /^[\s\u200e\u200f\u202a-\u202e]*[=+\-@＝＋－＠]|^[\t\r\n]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Weight of every node, by id. */
const weightsOf = (view: View): Record<string, number> => view.weights;

const licences = (bundle: Bundle): string[] => [
  ...new Set([...Object.values(bundle.meta.sources), ...Object.values(bundle.meta.inputs)].map((one) => one.licence)),
];

/** Facts about a view that travel with each row or file. */
export function facts(view: View): Record<string, unknown> {
  const { meta } = view.bundle;
  return {
    edition: meta.edition.id,
    content_digest: meta.edition.content_digest,
    framework: meta.framework.id,
    lens: view.lens,
    side: view.side || null,
    boundary: view.boundary,
    weights: weightsOf(view),
    default_weights: !view.own,
    link: view.link,
    range: "sensitivity range: 5 % and 95 % quantiles of the rank; null while weights differ from the default",
    licences: licences(view.bundle),
  };
}

export function viewCsv(view: View): string {
  const { meta } = view.bundle;
  const head = ["order", "rank", "rank_low", "rank_high", "tier", "id", "slug", "name", "country", "population", "score",
    "coverage", "edition", "framework", "lens", "side", "boundary", "weights", "licences"]; // prettier-ignore
  const weights = Object.entries(weightsOf(view)).map(([name, weight]) => `${name}=${weight}`).join(" ");
  const rows = view.rows.map((row, at) => [
    at + 1, row.own, view.own ? null : row.low, view.own ? null : row.high, view.own ? null : row.tier,
    row.city.id, row.city.slug, row.city.name, row.city.country, Math.round(row.city.population), row.score,
    row.city.coverage, meta.edition.id, meta.framework.id, view.lens, view.side || "both", view.boundary,
    weights, licences(view.bundle).join("; "),
  ]); // prettier-ignore
  return [head, ...rows].map((row) => row.map(cell).join(",")).join("\n") + "\n";
}

export function viewJson(view: View): string {
  const cities = view.rows.map((row) => ({
    rank: row.own,
    tier: view.own ? null : row.tier,
    id: row.city.id,
    slug: row.city.slug,
    name: row.city.name,
    country: row.city.country,
    population: Math.round(row.city.population),
    score: row.score,
    rank_low: view.own ? null : row.low,
    rank_high: view.own ? null : row.high,
    coverage: row.city.coverage,
  }));
  const sources = Object.entries(view.bundle.meta.sources).map(([id, source]) => ({
    id,
    licence: source.licence,
    citation: source.citation,
  }));
  return JSON.stringify({ ...facts(view), cities, sources }, null, 1) + "\n";
}

export const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** The map as a picture of its own, always in the light theme. */
export function mapSvg(view: View, title: string): string {
  const highest = Math.max(1, ...view.rows.map((row) => row.score));
  const dots = [...view.rows].reverse().map((row) => {
    const { x, y } = project(row.city.longitude, row.city.latitude);
    const share = row.score / highest;
    const label = `${row.own}. ${row.city.name}`;
    return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${(1.5 + 5 * share).toFixed(1)}" fill-opacity="${(0.25 + 0.65 * share).toFixed(2)}"><title>${escape(label)}</title></circle>`;
  });
  const { meta } = view.bundle;
  const weights = view.own ? "own weights" : "default weights";
  const note = `Technopole, edition ${meta.edition.id}; ${view.lens} lens, ${view.side || "both sides"}, ${view.boundary} boundary, ${weights}. Land: Natural Earth.`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT + 40}" width="${WIDTH * 2}" height="${(HEIGHT + 40) * 2}" font-family="system-ui, sans-serif">` +
    `<title>${escape(title)}</title><desc>${escape(JSON.stringify(facts(view)))}</desc>` +
    `<rect width="100%" height="100%" fill="#ffffff"/><g transform="translate(0 ${20 - TOP})">` +
    `<path d="${land}" fill="#e6e3dc"/><g fill="#0b6e75" stroke="#ffffff" stroke-width="0.5">${dots.join("")}</g></g>` +
    `<rect y="${HEIGHT + 14}" width="100%" height="26" fill="#ffffff"/>` +
    `<text x="12" y="16" font-size="13" fill="#1d2433">${escape(title)}</text>` +
    `<text x="12" y="${HEIGHT + 31}" font-size="9" fill="#5b6475">${escape(note)}</text></svg>\n`
  );
}

/** Draw an SVG at its own size. */
export async function png(svg: string): Promise<Blob> {
  const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    canvas.getContext("2d")!.drawImage(image, 0, 0);
    return await new Promise((done, failed) =>
      canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("no picture"))), "image/png"),
    );
  } finally {
    URL.revokeObjectURL(address);
  }
}
