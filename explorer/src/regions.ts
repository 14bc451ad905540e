// Regions of the world as the United Nations number them (M49, unstats.un.org/unsd/methodology/m49), with Kosovo and
// Taiwan where they lie. `Intl.DisplayNames` has their names in every language.
const MEMBERS: Record<string, string> = {
  "002":
    "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML MR MU MW MZ NA NE NG " +
    "RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM ZW",
  "021": "BM CA GL PM US",
  "419":
    "AG AI AR AW BB BL BO BQ BR BS BZ CL CO CR CU CW DM DO EC FK GD GF GP GT GY HN HT JM KN KY LC MF MQ MS MX NI PA PE " +
    "PR PY SR SV SX TC TT UY VC VE VG VI",
  "150":
    "AD AL AT AX BA BE BG BY CH CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV MC MD ME MK MT NL " +
    "NO PL PT RO RS RU SE SI SJ SK SM UA VA XK",
  "145": "AE AM AZ BH CY GE IL IQ JO KW LB OM PS QA SA SY TR YE",
  "143": "KG KZ TJ TM UZ",
  "034": "AF BD BT IN IR LK MV NP PK",
  "030": "CN HK JP KP KR MN MO TW",
  "035": "BN ID KH LA MM MY PH SG TH TL VN",
  "009": "AS AU CK FJ FM GU KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV VU WF WS",
};

export const REGIONS = Object.keys(MEMBERS);
const OF = new Map(REGIONS.flatMap((region) => MEMBERS[region]!.split(" ").map((country) => [country, region] as const)));

/** M49 number of the region that a country lies in; "" for a code that is none. */
export const regionOf = (country: string): string => OF.get(country) ?? "";
