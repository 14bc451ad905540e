import { useSignal } from "@preact/signals";
import { mapSvg, png, save, type View, viewCsv, viewJson } from "../download";
import { bundle, linkNow, ownWeights, shownRows, side, state, t, weights } from "../store";

export function CopyButton({ text, label }: { text: () => string; label: string }) {
  const said = useSignal("");
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text());
      said.value = t("copied");
    } catch {
      said.value = copyBySelection(text()) ? t("copied") : t("copyFailed");
    }
    setTimeout(() => (said.value = ""), 4000);
  };
  return (
    <>
      <button type="button" class="plain" onClick={() => void copy()}>
        {label}
      </button>
      <span class="said" role="status">
        {said.value}
      </span>
    </>
  );
}

/** Where the clipboard isn't given to the page (file://), the old way through a selection. */
function copyBySelection(text: string): boolean {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "hidden";
  (document.querySelector("dialog[open]") ?? document.body).append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

function currentView(): View {
  const one = bundle.value!;
  return {
    bundle: one,
    rows: shownRows.value,
    lens: state.value.lens,
    boundary: state.value.boundary,
    side: side.value,
    weights: Object.fromEntries(one.tree.names.slice(0, -1).map((name, node) => [name, weights.value[node]!])),
    own: ownWeights.value,
    link: linkNow(),
  };
}

export function Share() {
  const name = (): string => `technopole-${bundle.value!.meta.edition.id}-${state.value.lens}`;
  const svg = (): string => mapSvg(currentView(), t("question"));
  return (
    <div class="share" role="group" aria-label={t("share")}>
      <CopyButton label={t("copyLink")} text={linkNow} />
      <button type="button" class="plain" onClick={() => save(`${name()}.csv`, `\uFEFF${viewCsv(currentView())}`, "text/csv")}>
        {t("csv")}
      </button>
      <button type="button" class="plain" onClick={() => save(`${name()}.json`, viewJson(currentView()), "application/json")}>
        {t("json")}
      </button>
      <button type="button" class="plain" onClick={() => save(`${name()}.svg`, svg(), "image/svg+xml")}>
        {t("svg")}
      </button>
      <button
        type="button"
        class="plain"
        onClick={() => void png(svg()).then((picture) => save(`${name()}.png`, picture, "image/png"))}
      >
        {t("png")}
      </button>
      <button type="button" class="plain" onClick={() => print()}>
        {t("print")}
      </button>
    </div>
  );
}
