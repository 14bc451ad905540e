import { useSignal } from "@preact/signals";
import type { City } from "../data";
import { search } from "../search";
import { bundle, cityName, countryName, rowOf, t } from "../store";

/** A field with suggestions (WAI-ARIA combobox): arrows move, Enter takes, Escape closes. */
export function CitySearch({ id, label, onChoose }: { id: string; label: string; onChoose: (city: City) => void }) {
  const text = useSignal("");
  const active = useSignal(0);
  const open = useSignal(false);
  const found = search(bundle.value!.entries, text.value).map((entry) => bundle.value!.cities[entry.city]!);
  const shown = open.value && text.value.trim() !== "";

  const choose = (city: City | undefined): void => {
    if (!city) return;
    text.value = "";
    open.value = false;
    onChoose(city);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      open.value = true;
      const step = event.key === "ArrowDown" ? 1 : -1;
      active.value = (active.value + step + found.length) % Math.max(found.length, 1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      choose(found[active.value]);
    } else if (event.key === "Escape") {
      open.value = false;
    }
  };
  return (
    <div class="search">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="text"
        role="combobox"
        autocomplete="off"
        spellcheck={false}
        maxLength={100}
        placeholder={t("searchHint")}
        aria-autocomplete="list"
        aria-expanded={shown && found.length > 0}
        aria-controls={`${id}-list`}
        aria-activedescendant={shown && found.length > 0 ? `${id}-${active.value}` : undefined}
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          active.value = 0;
          open.value = true;
        }}
        onKeyDown={onKeyDown}
        onBlur={() => (open.value = false)}
      />
      <ul id={`${id}-list`} role="listbox" aria-label={label} hidden={!shown || found.length === 0}>
        {shown &&
          found.map((city, at) => (
            <li
              key={city.at}
              id={`${id}-${at}`}
              role="option"
              aria-selected={at === active.value}
              onMouseDown={(event) => {
                event.preventDefault();
                choose(city);
              }}
            >
              <span class="name">{cityName(city)}</span>
              <span class="where">
                {cityName(city) === city.name ? "" : `${city.name}, `}
                {countryName(city.country)}
              </span>
              <span class="num">{city.ranked ? rowOf.value.get(city.at)?.own : t("notRankedShort")}</span>
            </li>
          ))}
      </ul>
      <span class="hidden" role="status">
        {shown ? (found.length ? t("results", { n: found.length }) : t("noResult")) : ""}
      </span>
      {shown && found.length === 0 && <p class="nothing">{t("noResult")}</p>}
    </div>
  );
}
