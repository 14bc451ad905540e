// Which lines of a long table are on the screen, and why the others cost nothing while a slider moves.
import { computed, signal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { moving, state } from "../store";

/** Lines this many pixels off the screen count as in sight. */
const AHEAD = 300;

const isMoving = computed(() => moving.value !== undefined);

/** Groups of lines in sight: the first and the last. Each is a `tbody`. */
export const sight = signal<[number, number]>([0, 10]);

interface Measures {
  /** Where each group begins, below the top of the frame, and where the last one ends. */
  edges: number[];
  widths: number[];
}

const groupsOf = (frame: HTMLElement): HTMLElement[] => [...frame.querySelectorAll("tbody")];
const headsOf = (frame: HTMLElement): HTMLElement[] => [...frame.querySelectorAll<HTMLElement>("thead th")];

function measured(frame: HTMLElement): Measures {
  const groups = groupsOf(frame);
  const last = groups.at(-1);
  const edges = groups.map((group) => group.offsetTop);
  if (last) edges.push(last.offsetTop + last.offsetHeight);
  return { edges, widths: headsOf(frame).map((head) => head.getBoundingClientRect().width) };
}

function look(frame: HTMLElement, { edges }: Measures): void {
  const last = edges.length - 2;
  const { top } = frame.getBoundingClientRect();
  const past = (line: number): number => edges.filter((edge) => edge + top <= line).length - 1;
  const from = Math.min(Math.max(past(-AHEAD), 0), last);
  const to = Math.min(Math.max(past(innerHeight + AHEAD), from), last);
  if (from !== sight.peek()[0] || to !== sight.peek()[1]) sight.value = [from, to];
}

/** Take the groups out of sight out of the layout, and keep their room and the widths of the columns. */
function hold(frame: HTMLElement, { edges, widths }: Measures): void {
  const last = edges.length - 2;
  const [from, to] = sight.peek().map((group) => Math.min(group, last)) as [number, number];
  headsOf(frame).forEach((head, place) => (head.style.width = `${widths[place]}px`));
  groupsOf(frame).forEach((group, place) => (group.hidden = place < from || place > to));
  frame.style.paddingTop = `${edges[from]! - edges[0]!}px`;
  frame.style.paddingBottom = `${edges.at(-1)! - edges[to + 1]!}px`;
  frame.classList.add("held");
}

/** Lay every group out again; what is in view stays where it is, however the words above it now break. */
function release(frame: HTMLElement): void {
  if (!frame.classList.contains("held")) return;
  const top = (group: HTMLElement): number => group.getBoundingClientRect().top;
  const seen = groupsOf(frame).find((group) => !group.hidden && group.getBoundingClientRect().bottom > 0);
  const before = seen && top(seen);
  headsOf(frame).forEach((head) => (head.style.width = ""));
  groupsOf(frame).forEach((group) => (group.hidden = false));
  frame.style.padding = "";
  frame.classList.remove("held");
  if (seen && before! < innerHeight) scrollBy({ top: top(seen) - before!, behavior: "instant" });
}

/**
 * Keep `sight` at what is on the screen. While a slider moves only the groups in sight are laid out; as soon as it
 * rests, every line is there again: for a search in the page, a screen reader, the printer.
 *
 * @param groups how many groups the frame holds
 */
export function useSight(frame: { current: HTMLElement | null }, groups: number): void {
  const known = useRef<Measures>({ edges: [0, 0], widths: [] });
  const asked = useRef(0);
  const later = (): void => {
    asked.current ||= requestAnimationFrame(() => {
      asked.current = 0;
      if (!moving.peek()) known.current = measured(frame.current!);
      look(frame.current!, known.current);
    });
  };
  useEffect(() => {
    later();
    addEventListener("scroll", later, { passive: true });
    addEventListener("resize", later);
    return () => {
      cancelAnimationFrame(asked.current);
      asked.current = 0;
      removeEventListener("scroll", later);
      removeEventListener("resize", later);
    };
  }, [groups]);
  useSignalEffect(() => {
    state.value;
    later();
  });
  useSignalEffect(() => {
    sight.value;
    isMoving.value;
    // after the columns of the reader's own weights are there
    queueMicrotask(() => {
      if (!frame.current) return;
      if (!moving.peek()) return release(frame.current);
      if (headsOf(frame.current).length !== known.current.widths.length) known.current = measured(frame.current);
      hold(frame.current, known.current);
    });
  });
}
