import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/** Whether the page is being printed: then nothing is folded away. */
export function usePrinted(): ReadonlySignal<boolean> {
  const printed = useSignal(false);
  useEffect(() => {
    const follow = (event: Event): void => void (printed.value = event.type === "beforeprint");
    addEventListener("beforeprint", follow);
    addEventListener("afterprint", follow);
    return () => {
      removeEventListener("beforeprint", follow);
      removeEventListener("afterprint", follow);
    };
  }, []);
  return printed;
}
