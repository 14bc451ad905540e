import { amount, bundle, fixed, t } from "../store";
import { Outside } from "./outside";

/** Every source with licence, vintage, records and how many of them were placed; what it holds and can't say on demand. */
export function SourceTable() {
  const { sources, inputs } = bundle.value!.meta;
  return (
    <>
      <div class="table-frame">
        <table class="source-table">
          <thead>
            <tr>
              <th scope="col">{t("source")}</th>
              <th scope="col">{t("licence")}</th>
              <th scope="col" class="wide">{t("vintage")}</th>
              <th scope="col" class="num wide">{t("records")}</th>
              <th scope="col" class="num wide">{t("resolved")}</th>
            </tr>
          </thead>
          <tbody>
            {Object.entries(sources).map(([id, source]) => (
              <tr key={id}>
                <th scope="row">
                  <details class="source">
                    <summary lang="en">{source.title}</summary>
                    <div lang="en">
                      <p>{source.what}</p>
                      <p>{source.citation}</p>
                      <p>
                        <Outside to={source.url}>{source.url}</Outside>
                      </p>
                      <ul>
                        {source.limits.map((limit) => (
                          <li key={limit}>{limit}</li>
                        ))}
                      </ul>
                    </div>
                  </details>
                </th>
                <td>
                  <span lang="en">{source.licence}</span>
                  <span class="below always" lang="en">{source.licence_class}</span>
                </td>
                <td class="wide">{source.vintage}</td>
                <td class="num wide">{source.records === null ? "–" : amount(source.records)}</td>
                <td class="num wide">{source.resolved_share === null ? "–" : `${fixed(100 * source.resolved_share)} %`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <h3>{t("frameInputs")}</h3>
      <ul class="inputs" lang="en">
        {Object.entries(inputs).map(([id, input]) => (
          <li key={id}>
            <Outside to={input.url}>{input.title}</Outside>. {input.citation} {input.licence}
          </li>
        ))}
      </ul>
    </>
  );
}
