import type { Key } from "../i18n";
import { t } from "../store";

const NAMES: Record<string, Key> = {
  observed: "statusObserved",
  zero: "statusZero",
  "lower bound": "statusLower",
  inherited: "statusInherited",
  "not covered": "statusNotCovered",
  "not in the list": "statusCensored",
  unresolved: "statusUnresolved",
  "withheld by licence": "statusWithheld",
  "too old": "statusOld",
};

/** A status in the page's language; one that isn't known here as the edition says it. */
export function statusName(status: string): string {
  const key = NAMES[status];
  return key ? t(key) : status;
}
