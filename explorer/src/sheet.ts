// A table that leaves the page as CSV or JSON, with the edition, order, weights and licences it was made under.
import { cell } from "./download";
import { bundle, ownWeights, side, state, weights } from "./store";

export type Cell = string | number | boolean | null;

export interface Sheet {
  name: string;
  columns: string[];
  rows: Cell[][];
  /** Whether lens, side, boundary and weights have a say in it. */
  weighed: boolean;
  /** Said in the JSON only. */
  beside?: Record<string, unknown>;
}

function weightsById(): Record<string, number> {
  const { tree } = bundle.value!;
  return Object.fromEntries(tree.names.slice(0, -1).map((name, node) => [name, weights.value[node]!]));
}

export function licences(): string[] {
  const { sources, inputs } = bundle.value!.meta;
  return [...new Set([...Object.values(sources), ...Object.values(inputs)].map((one) => one.licence))];
}

function made(sheet: Sheet): Record<string, unknown> {
  const { edition, framework } = bundle.value!.meta;
  const always = { edition: edition.id, content_digest: edition.content_digest, framework: framework.id };
  const { lens, boundary } = state.value;
  const weighed = sheet.weighed ? { lens, side: side.value || "both", boundary, default_weights: !ownWeights.value } : {};
  return { ...always, ...weighed };
}

export function sheetCsv(sheet: Sheet): string {
  const facts = made(sheet);
  const weighed = Object.entries(weightsById()).map(([name, weight]) => `${name}=${weight}`).join(" ");
  const tail: [string, Cell][] = [
    ...Object.entries(facts).map(([name, value]): [string, Cell] => [name, value as Cell]),
    ...(sheet.weighed ? [["weights", weighed] as [string, Cell]] : []),
    ["licences", licences().join("; ")],
  ];
  const head = ["order", ...sheet.columns, ...tail.map(([name]) => name)];
  const rows = sheet.rows.map((row, at) => [at + 1, ...row, ...tail.map(([, value]) => value)]);
  return [head, ...rows].map((row) => row.map(cell).join(",")).join("\n") + "\n";
}

export function sheetJson(sheet: Sheet): string {
  const sources = Object.entries(bundle.value!.meta.sources).map(([id, { licence, citation }]) => ({ id, licence, citation }));
  const shape = {
    ...made(sheet),
    ...(sheet.weighed ? { weights: weightsById() } : {}),
    link: location.href,
    rows: sheet.rows.map((row) => Object.fromEntries(sheet.columns.map((name, at) => [name, row[at]]))),
    ...sheet.beside,
    licences: licences(),
    sources,
  };
  return JSON.stringify(shape, null, 1) + "\n";
}
