// Names in every script, with room for a slip of the finger.

export interface Entry {
  city: number;
  population: number;
  ranked: boolean;
  /** folded; the first is the name that the frame gives */
  keys: string[];
}

const LETTERS: Record<string, string> = {
  ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", ß: "ss", æ: "ae", œ: "oe", ı: "i", ħ: "h", ə: "e", "&": " and ",
};

/** Two writings of one name become one: case, accents, width, apostrophes and punctuation don't count. */
export function fold(text: string): string {
  return text
    .slice(0, 300)
    .replace(/['’‘‛ʻʼʽʾʿ`´′＇]/g, "")
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0640\u200b-\u200f\u00ad\ufeff]/g, "")
    .normalize("NFC")
    .replace(/[øłđðþßæœıħə&]/g, (letter) => LETTERS[letter] ?? letter)
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, " ")
    .trim();
}

/** Slips that are forgiven: none below four letters, one below eight, then two. */
export function slips(length: number): number {
  return length < 4 ? 0 : length < 8 ? 1 : 2;
}

/** Edits (insert, delete, replace, swap of neighbours) between two words; `most + 1` when there are more. */
export function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2]! + 1);
      row.push(cost);
      least = Math.min(least, cost);
    }
    if (least > most) return most + 1;
    before = last;
    last = row;
  }
  return last[b.length]!;
}

/** How well a key answers a query: 0 the name itself, 1 its beginning, 2 a word's beginning, 3 within; else none. */
function quality(key: string, query: string): number {
  if (key === query) return 0;
  if (key.startsWith(query)) return 1;
  if (query.length < 2) return 9;
  if (key.includes(` ${query}`)) return 2;
  return query.length >= 3 && key.includes(query) ? 3 : 9;
}

/** Best answers first: how well the name fits, then ranked cities, then the larger one. */
export function search(entries: Entry[], text: string, most = 8): Entry[] {
  const query = fold(text);
  if (!query) return [];
  const found: { entry: Entry; quality: number }[] = [];
  for (const entry of entries) {
    let best = 9;
    for (const key of entry.keys) best = Math.min(best, quality(key, query));
    if (best < 9) found.push({ entry, quality: best });
  }
  const allowed = slips(query.length);
  if (allowed > 0 && !found.some((one) => one.quality <= 1)) {
    const known = new Set(found.map((one) => one.entry));
    for (const entry of entries) {
      if (known.has(entry)) continue;
      let best = allowed + 1;
      for (const key of entry.keys) best = Math.min(best, distance(query, key, allowed));
      if (best <= allowed) found.push({ entry, quality: 3 + best });
    }
  }
  return found
    .sort(
      (a, b) =>
        a.quality - b.quality ||
        Number(b.entry.ranked) - Number(a.entry.ranked) ||
        b.entry.population - a.entry.population ||
        a.entry.city - b.entry.city,
    )
    .slice(0, most)
    .map((one) => one.entry);
}
