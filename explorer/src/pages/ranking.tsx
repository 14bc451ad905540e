import { Answer } from "../parts/answer";
import { Filters, Finder, Notice, PossibleSwitch, Switches, ViewSwitch, Weights } from "../parts/controls";
import { WorldMap } from "../parts/map";
import { Share } from "../parts/share";
import { RankingTable } from "../parts/table";
import { bundle, fields, settledRows, t } from "../store";

export function RankingPage() {
  return (
    <>
      <div class="intro">
        <div>
          <h1>{t("question")}</h1>
          <Answer />
        </div>
        <Finder />
      </div>
      <Switches />
      <div class="columns">
        <div class="main">
          <WorldMap rows={settledRows.value} marked={fields.compare.value} />
          <Notice />
          <Share />
          <div class="above">
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
