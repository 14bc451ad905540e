import type { ComponentChildren } from "preact";
import { computed, useComputed } from "@preact/signals";
import { useState } from "preact/hooks";
import { REGIONS, regionOf } from "../regions";
import type { State } from "../state";
import {
  bundle,
  change,
  countryName,
  fields,
  fixed,
  nodeTitle,
  ownChoice,
  ownWeights,
  people,
  percent,
  possibleRanks,
  side,
  slide,
  t,
  weights,
  zeroBelow,
} from "../store";
import { CitySearch } from "./search";

interface Choice {
  value: string;
  label: string;
  help?: string;
}

function Segments({ label, choices, value, onChoose }: {
  label: string;
  choices: Choice[];
  value: string;
  onChoose: (value: string) => void;
}) {
  return (
    <fieldset class="segments">
      <legend>{label}</legend>
      {choices.map((one) => (
        <button
          key={one.value}
          type="button"
          title={one.help}
          aria-pressed={value === one.value}
          onClick={() => onChoose(one.value)}
        >
          {one.label}
        </button>
      ))}
    </fieldset>
  );
}

/** Which league table: lens, side, boundary. */
export function Switches() {
  const [lens, boundary] = [fields.lens.value, fields.boundary.value];
  return (
    <div class="switches">
      <Segments
        label={t("lens")}
        value={lens}
        choices={[
          { value: "scale", label: t("scale"), help: t("scaleHelp") },
          { value: "intensity", label: t("intensity"), help: t("intensityHelp") },
        ]}
        onChoose={(value) => change({ lens: value as State["lens"] })}
      />
      <Segments
        label={t("side")}
        value={side.value}
        choices={[
          { value: "", label: t("both") },
          ...bundle.value!.meta.sides.map((id) => ({ value: id, label: nodeTitle(id) })),
        ]}
        onChoose={(value) => change({ side: value })}
      />
      <Segments
        label={t("boundary")}
        value={boundary}
        choices={[
          { value: "core", label: t("core") },
          { value: "agglomeration", label: t("agglomeration") },
          { value: "region", label: t("region") },
        ]}
        onChoose={(value) => change({ boundary: value as State["boundary"] })}
      />
    </div>
  );
}

/** A panel that is open beside the table, and closed above it where the screen is narrow. */
function Fold({ title, class: name, children }: { title: string; class: string; children: ComponentChildren }) {
  const [wide] = useState(() => matchMedia("(min-width: 62rem)").matches);
  return (
    <details class={`panel fold ${name}`} open={wide}>
      <summary>
        <h2>{title}</h2>
      </summary>
      <div class="inside">{children}</div>
    </details>
  );
}

const POPULATIONS = [0, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000];
const COVERAGES = [0, 0.85, 0.9, 0.95, 1];

/** A list to add from, and what was added as buttons that take it away. */
function Chooser({ label, all, options, chosen, onChoose }: {
  label: string;
  all: string;
  options: string[];
  chosen: string[];
  onChoose: (chosen: string[]) => void;
}) {
  const named = options.map((code) => ({ code, name: countryName(code) })).sort((a, b) => a.name.localeCompare(b.name));
  return (
    <>
      <label>
        {label}
        <select
          value=""
          onChange={(event) => {
            const code = event.currentTarget.value;
            event.currentTarget.value = "";
            if (code) onChoose([...new Set([...chosen, code])].sort());
          }}
        >
          <option value="">{chosen.length ? "+" : all}</option>
          {named.map(({ code, name }) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {chosen.length > 0 && (
        <p class="chips">
          {chosen.map((code) => (
            <button
              key={code}
              type="button"
              aria-label={t("remove", { name: countryName(code) })}
              onClick={() => onChoose(chosen.filter((one) => one !== code))}
            >
              {countryName(code)} <span aria-hidden="true">×</span>
            </button>
          ))}
        </p>
      )}
    </>
  );
}

const rankedCountries = computed(() => [
  ...new Set(bundle.value!.cities.slice(0, bundle.value!.meta.edition.ranked).map((city) => city.country)),
]);

export function Filters() {
  const [minPopulation, minCoverage] = [fields.minPopulation.value, fields.minCoverage.value];
  const present = rankedCountries.value;
  return (
    <Fold class="filters" title={t("filters")}>
      <Chooser
        label={t("worldRegion")}
        all={t("allRegions")}
        options={REGIONS.filter((region) => present.some((country) => regionOf(country) === region))}
        chosen={fields.regions.value}
        onChoose={(regions) => change({ regions })}
      />
      <Chooser
        label={t("country")}
        all={t("allCountries")}
        options={present}
        chosen={fields.countries.value}
        onChoose={(countries) => change({ countries })}
      />
      <label>
        {t("population")}
        <select
          value={String(minPopulation)}
          onChange={(event) => change({ minPopulation: Number(event.currentTarget.value) })}
        >
          {[...new Set([...POPULATIONS, minPopulation])].sort((a, b) => a - b).map((number) => (
            <option key={number} value={String(number)}>
              {number ? t("atLeast", { n: people(number) }) : t("anyPopulation")}
            </option>
          ))}
        </select>
      </label>
      <label title={t("coverageHelp")}>
        {t("coverage")}
        <select
          value={String(minCoverage)}
          onChange={(event) => change({ minCoverage: Number(event.currentTarget.value) })}
        >
          {[...new Set([...COVERAGES, minCoverage])].sort((a, b) => a - b).map((share) => (
            <option key={share} value={String(share)}>
              {share ? t("atLeast", { n: percent(share) }) : t("anyCoverage")}
            </option>
          ))}
        </select>
      </label>
    </Fold>
  );
}

function setWeight(name: string, value: number): void {
  const { tree, weights: declared } = bundle.value!;
  const rest = Object.entries(ownChoice()).filter(([other]) => other !== name && tree.names.includes(other));
  const own = Object.fromEntries(rest);
  if (value !== declared[tree.names.indexOf(name)]) own[name] = value;
  slide(own);
}

function Slider({ id }: { id: string }) {
  const at = bundle.value!.tree.names.indexOf(id);
  const value = useComputed(() => weights.value[at]!);
  return (
    <label class="slider">
      <span>{nodeTitle(id)}</span>
      <output>{useComputed(() => fixed(value.value))}</output>
      <input
        type="range"
        name={id}
        min="0"
        max="3"
        step="0.1"
        value={value}
        onInput={(event) => setWeight(id, Number(event.currentTarget.value))}
      />
    </label>
  );
}

function Branch({ id }: { id: string }) {
  const { tree } = bundle.value!;
  const at = tree.names.indexOf(id);
  const children = tree.names.filter((_, node) => tree.parents[node] === at);
  if (children.length === 0) return <Slider id={id} />;
  return (
    <details open={bundle.value!.meta.sides.includes(id)}>
      <summary>{nodeTitle(id)}</summary>
      <Slider id={id} />
      <div class="branch">
        {children.map((child) => (
          <Branch key={child} id={child} />
        ))}
      </div>
    </details>
  );
}

/** Weights that leave only one part of its level. */
function only(id: string, level: string[]): Record<string, number> {
  return Object.fromEntries(level.filter((other) => other !== id).map((other) => [other, 0]));
}

function presets(): { label: string; value: string; weights: Record<string, number> }[] {
  const { meta, tree } = bundle.value!;
  const level = [...meta.sides, ...meta.pillars];
  return level.map((id) => {
    const parent = tree.parents[tree.names.indexOf(id)]!;
    const siblings = tree.names.filter((_, node) => tree.parents[node] === parent);
    const above = meta.sides.includes(id) ? {} : only(tree.names[parent]!, meta.sides);
    return { value: id, label: t("presetOnly", { name: nodeTitle(id) }), weights: { ...above, ...only(id, siblings) } };
  });
}

export function Weights() {
  const listed = presets();
  return (
    <Fold class="weights" title={t("weights")}>
      <p class="help">{t("weightsHelp")}</p>
      <div class="row">
        <select
          aria-label={t("presets")}
          value=""
          onChange={(event) => {
            const chosen = event.currentTarget.value;
            event.currentTarget.value = "";
            if (chosen === "default") change({ weights: {} });
            const preset = listed.find((one) => one.value === chosen);
            if (preset) change({ weights: preset.weights });
          }}
        >
          <option value="">{t("presets")} …</option>
          <option value="default">{t("presetDefault")}</option>
          {listed.map((one) => (
            <option key={one.value} value={one.value}>
              {one.label}
            </option>
          ))}
        </select>
        <button type="button" class="plain" disabled={!ownWeights.value} onClick={() => change({ weights: {} })}>
          {t("reset")}
        </button>
      </div>
      {bundle.value!.meta.sides.map((id) => (
        <Branch key={id} id={id} />
      ))}
    </Fold>
  );
}

/** Which columns the table has. */
export function ViewSwitch() {
  return (
    <Segments
      label={t("columns")}
      value={fields.view.value}
      choices={[
        { value: "", label: t("columnsStanding") },
        { value: "pillars", label: t("profile"), help: t("columnsPillarsHelp") },
      ]}
      onChoose={(value) => change({ view: value as State["view"] })}
    />
  );
}

/** Best and worst possible ranks, on demand: over which weights, and where they were computed. */
export function PossibleSwitch() {
  const kind = fields.extremes.value;
  const ranks = possibleRanks.value;
  return (
    <div class="possible">
      <Segments
        label={t("possibleRanks")}
        value={kind}
        choices={[
          { value: "", label: t("possibleOff") },
          { value: "bounded", label: t("possibleBounded"), help: t("possibleBoundedHelp") },
          { value: "pillars", label: t("possiblePillars"), help: t("possiblePillarsHelp") },
        ]}
        onChoose={(value) => change({ extremes: value as State["extremes"] })}
      />
      <p class="help" role="status">
        {kind !== "" && ranks === undefined && t("loading")}
        {kind !== "" && ranks?.length === 0 && t("possibleElsewhere")}
        {kind !== "" && (ranks?.length ?? 0) > 0 && `${t(kind === "bounded" ? "possibleBoundedHelp" : "possiblePillarsHelp")} ${t("possibleHelp")}`}
      </p>
    </div>
  );
}

/** What the reader must know about the table before reading it. */
export function Notice() {
  const zero = zeroBelow.value;
  return (
    <div role="status" class="notices">
      {zero !== undefined && <p class="notice warn">{t("noWeight", { name: nodeTitle(zero) })}</p>}
      {zero === undefined && ownWeights.value && (
        <p class="notice">
          <strong>{t("yourWeights")}</strong> {t("rangeHidden")}{" "}
          <button type="button" class="link" onClick={() => change({ weights: {} })}>
            {t("reset")}
          </button>
        </p>
      )}
    </div>
  );
}

export function Finder() {
  return <CitySearch id="find" label={t("search")} onChoose={(city) => change({ page: "city", city: city.slug })} />;
}
