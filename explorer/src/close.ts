// Which cities can't be told apart: neither of two is nearly always before the other (publish/bundle_close.py).
import { computed, signal } from "@preact/signals";
import { type City, loadTable } from "./data";
import { bundle, failure, side, state } from "./store";

const table = signal<ArrayLike<unknown> | undefined>(undefined);
let asked = false;

export function needClose(): ArrayLike<unknown> | undefined {
  if (!asked) {
    asked = true;
    loadTable("close").then(
      (loaded) => (table.value = loaded["close"]),
      (error: unknown) => (failure.value = String(error)),
    );
  }
  return table.value;
}

/** First row of the lens and side that are looked at. */
const block = computed(() => {
  const { meta } = bundle.value!;
  const n = meta.edition.ranked;
  const sides = [meta.root, ...meta.sides];
  const number = meta.lenses.indexOf(state.value.lens) * sides.length + Math.max(sides.indexOf(side.value), 0);
  return (number * n * (n - 1)) / 2;
});

export function areClose(close: ArrayLike<unknown>, one: City, other: City): boolean {
  const n = bundle.value!.meta.edition.ranked;
  const [a, b] = one.at < other.at ? [one.at, other.at] : [other.at, one.at];
  return Boolean(close[block.value + (a * (2 * n - a - 1)) / 2 + b - a - 1]);
}
