/** HTML as tagged templates: whatever is put in is escaped, unless it is markup already. */
import { escapeXml } from '../../plot/svg.ts'

/** A piece of HTML that is safe to put into a page. */
export interface Markup {
  readonly markup: string
}

/** What a template takes: text is escaped, markup is not, lists are joined. */
export type Child = string | number | Markup | readonly Child[]

/** Text that is markup already, such as SVG. */
export const raw = (markup: string): Markup => ({ markup })

/** Nothing. */
export const NONE: Markup = { markup: '' }

function render(child: Child): string {
  if (typeof child === 'object') return 'markup' in child ? child.markup : child.map(render).join('')
  return escapeXml(String(child))
}

/** A template of HTML: `` html`<p>${text}</p>` ``. */
export function html(parts: TemplateStringsArray, ...children: readonly Child[]): Markup {
  return raw(
    parts.map((part, i) => part + (i < children.length ? render(children[i] as Child) : '')).join(''),
  )
}

/** A table with a caption; the first cell of each row is its heading. `numeric` columns (from 0) are aligned to the right. */
export function table(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly Child[])[],
  numeric: readonly number[] = [],
): Markup {
  const kind = (column: number): Markup => (numeric.includes(column) ? raw(' class="number"') : NONE)
  const cell = (child: Child, column: number): Markup =>
    column === 0 ? html`<th scope="row" ${kind(0)}>${child}</th>` : html`<td${kind(column)}>${child}</td>`
  const heads = head.map((text, column) => html`<th scope="col" ${kind(column)}>${text}</th>`)
  const body = rows.map(
    (row) =>
      html`<tr>
        ${row.map(cell)}
      </tr> `,
  )
  return html`<div class="wide" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${heads}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div> `
}

/** Sentences as a list; nothing where there are none. */
export const list = (sentences: readonly string[]): Markup =>
  sentences.length === 0
    ? NONE
    : html`<ul>
        ${sentences.map((text) => html`<li>${text}</li> `)}
      </ul> `
