import { type Catalogue, en, type Key } from "./en";
import { fi } from "./fi";
import { ja } from "./ja";
import { ko } from "./ko";
import { zh } from "./zh";

export const CATALOGUES: Record<string, Catalogue> = { en, ja, ko, zh, fi };
export const LANGUAGES: [string, string][] = [
  ["en", "English"],
  ["ja", "日本語"],
  ["ko", "한국어"],
  ["zh", "中文"],
  ["fi", "Suomi"],
];
export type { Key };

/** Words of a message in a language, with {name} filled in. */
export function message(language: string, key: Key, values: Record<string, string | number> = {}): string {
  const text = (CATALOGUES[language] ?? en)[key];
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/** The language of the page: the one chosen, else the first that the reader's browser and we share. */
export function languageOf(chosen: string, wanted: readonly string[]): string {
  if (chosen in CATALOGUES) return chosen;
  return wanted.map((one) => one.slice(0, 2)).find((one) => one in CATALOGUES) ?? "en";
}
