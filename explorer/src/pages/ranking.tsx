import { Filters, Finder, Notice, PossibleSwitch, Switches, ViewSwitch, Weights } from "../parts/controls";
import { WorldMap } from "../parts/map";
import { Share } from "../parts/share";
import { RankingTable } from "../parts/table";
import { bundle, fields, settledRows, t } from "../store";

export function RankingPage() {
  return (
    <>
      <div class="intro">
        <h1>{t("question")}</h1>
        <Finder />
      </div>
      <Switches />
      <div class="columns">
        <div class="main">
          <WorldMap rows={settledRows.value} marked={fields.compare.value} />
          <Notice />
          <div class="above">
            <Share />
            <ViewSwitch />
            {bundle.value!.meta.possible_ranks && <PossibleSwitch />}
          </div>
          <RankingTable />
        </div>
        <aside>
          <Filters />
          <Weights />
        </aside>
      </div>
    </>
  );
}
