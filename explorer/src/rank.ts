// The index in the browser: the same sums and the same ties as Python's kernel (aggregate.py, rank.py).
// tests/golden_explorer/ranks.json holds both to one result.

export interface Tree {
  /** Indicators in the order of the framework, then aggregates (children first), the root last. */
  names: string[];
  /** Position of each node's parent; the root's is -1. */
  parents: number[];
  leaves: number;
}

export type Aggregation = "arithmetic" | "geometric";

export const DIGITS = 10;
const GUARD_DIGITS = 3;

export function childrenOf(tree: Tree): number[][] {
  const found: number[][] = tree.names.map(() => []);
  tree.parents.forEach((parent, node) => {
    if (parent >= 0) found[parent]!.push(node);
  });
  return found;
}

/** First node whose children all weigh nothing: no mean can be taken there. */
export function weightless(tree: Tree, weights: ArrayLike<number>): string | undefined {
  const children = childrenOf(tree);
  for (let node = tree.names.length - 1; node >= tree.leaves; node--) {
    if (!children[node]!.some((child) => weights[child]! > 0)) return tree.names[node];
  }
  return undefined;
}

/**
 * Scores of every node: `columns` holds the normalised values of each leaf (0 to 100, none missing).
 * A geometric mean takes values floored at `lowest`.
 */
export function climb(
  columns: ArrayLike<number>[],
  tree: Tree,
  weights: ArrayLike<number>,
  aggregation: Aggregation = "arithmetic",
  lowest = 1,
): Float64Array[] {
  const size = columns[0]?.length ?? 0;
  const geometric = aggregation === "geometric";
  const children = childrenOf(tree);
  const scores: Float64Array[] = [];
  for (let leaf = 0; leaf < tree.leaves; leaf++) {
    const column = Float64Array.from(columns[leaf]!);
    scores.push(geometric ? column.map((value) => Math.max(value, lowest)) : column);
  }
  for (let node = tree.leaves; node < tree.names.length; node++) {
    const sum = new Float64Array(size);
    let total = 0;
    for (const child of children[node]!) {
      const weight = weights[child]!;
      if (weight === 0) continue;
      total += weight;
      const column = scores[child]!;
      for (let unit = 0; unit < size; unit++) sum[unit]! += weight * (geometric ? Math.log(column[unit]!) : column[unit]!);
    }
    scores.push(sum.map((value) => (geometric ? Math.exp(value / total) : value / total)));
  }
  return scores;
}

/** Weight of each leaf in the whole index (or below `top`): the product of the shares on its way up. */
export function leafShares(tree: Tree, weights: ArrayLike<number>, top = tree.names.length - 1): Float64Array {
  const children = childrenOf(tree);
  const shares = new Float64Array(tree.names.length);
  shares[top] = 1;
  for (let node = top; node >= tree.leaves; node--) {
    const total = children[node]!.reduce((sum, child) => sum + weights[child]!, 0);
    for (const child of children[node]!) shares[child] = total > 0 ? (shares[node]! * weights[child]!) / total : 0;
  }
  return shares.slice(0, tree.leaves);
}

function roundHalfEven(value: number): number {
  const below = Math.floor(value);
  const part = value - below;
  if (part !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/**
 * Round to significant digits, but none finer than three digits more than the largest value needs. -0 becomes 0.
 * Of finite values.
 */
export function roundSignificant(values: ArrayLike<number>, digits = DIGITS): Float64Array {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!));
  const exponent = Math.floor(Math.log10(largest > 0 ? largest : 1));
  const decimals = Math.min(300, Math.max(-300, digits - 1 - exponent));
  const limits = Array.from({ length: GUARD_DIGITS }, (_, k) => Number(`1e${exponent - k}`));
  const factors = Array.from({ length: GUARD_DIGITS + 1 }, (_, k) => Number(`1e${Math.abs(decimals + k)}`));
  const rounded = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    let finer = 0;
    while (finer < GUARD_DIGITS && Math.abs(value) < limits[finer]!) finer++;
    const factor = factors[finer]!;
    const near = decimals + finer >= 0 ? roundHalfEven(value * factor) / factor : roundHalfEven(value / factor) * factor;
    rounded[i] = near + 0;
  }
  return rounded;
}

/** One plus the number of units with a higher score, compared at ten significant digits. */
export function competitionRanks(scores: ArrayLike<number>): Int32Array {
  const compared = roundSignificant(scores);
  const sorted = Float64Array.from(compared).sort().reverse();
  const first = new Map<number, number>();
  sorted.forEach((value, place) => {
    if (!first.has(value)) first.set(value, place + 1);
  });
  return Int32Array.from(compared, (value) => first.get(value)!);
}

/** Positions from best to worst; among equal ranks the order of the units, which is that of their ids. */
export function inOrder(ranks: ArrayLike<number>): number[] {
  return Array.from({ length: ranks.length }, (_, unit) => unit).sort((a, b) => ranks[a]! - ranks[b]! || a - b);
}
