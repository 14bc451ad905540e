import { png, save } from "../download";
import { barsSvg, type Picture } from "../picture";
import { licences, type Sheet, sheetCsv, sheetJson } from "../sheet";
import { bundle, ownWeights, side, state, t } from "../store";
import { CopyButton } from "./share";

/** What stands under a picture: edition, view, licences. */
export function noteOf(weighed: boolean): string {
  const { edition } = bundle.value!.meta;
  const { lens, boundary } = state.value;
  const view = weighed
    ? `; ${lens} lens, ${side.value || "both sides"}, ${boundary} boundary, ${ownWeights.value ? "own weights" : "default weights"}`
    : "";
  return `Technopole, edition ${edition.id} (${edition.content_digest.slice(0, 12)})${view}. Licences of the sources: ${licences().join("; ")}.`;
}

/** Everything that can be taken from a page: its link, its table, its picture, its print. */
export function Downloads({ sheet, picture }: { sheet: () => Sheet; picture: () => Picture }) {
  const svg = (): string => barsSvg(picture(), { edition: bundle.value!.meta.edition, licences: licences(), link: location.href });
  const name = (ending: string): string => `technopole-${bundle.value!.meta.edition.id}-${sheet().name}.${ending}`;
  const drawn = async (): Promise<void> => save(name("png"), await png(svg()), "image/png");
  return (
    <div class="share" role="group" aria-label={t("share")}>
      <CopyButton label={t("copyLink")} text={() => location.href} />
      <button type="button" class="plain" onClick={() => save(name("csv"), `\uFEFF${sheetCsv(sheet())}`, "text/csv")}>
        {t("csv")}
      </button>
      <button type="button" class="plain" onClick={() => save(name("json"), sheetJson(sheet()), "application/json")}>
        {t("json")}
      </button>
      <button type="button" class="plain" onClick={() => save(name("svg"), svg(), "image/svg+xml")}>
        SVG
      </button>
      <button type="button" class="plain" onClick={() => void drawn()}>
        PNG
      </button>
      <button type="button" class="plain" onClick={() => print()}>
        {t("print")}
      </button>
    </div>
  );
}
