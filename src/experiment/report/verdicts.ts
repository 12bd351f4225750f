/** The verdicts of a claim, what a reader must know of them, its figures and its numbers. */
import type { TableRow } from '../claim.ts'
import type { ReportInput } from './input.ts'
import { html, list, NONE, table, type Markup } from './markup.ts'
import { interval, number } from './words.ts'

const SIGN = { holds: '✓', 'does not hold': '✗', undecided: '?' } as const

/** The section of a claim; nothing where the report has none. */
export function claimSection({ claim, notes }: ReportInput, figures: readonly Markup[]): Markup[] {
  if (claim === null) return []
  const word = (verdict: keyof typeof SIGN): Markup =>
    html`<span class="verdict"><span aria-hidden="true">${SIGN[verdict]} </span>${verdict}</span>`
  const verdicts = claim.verdicts.map(({ claim: text, verdict, evidence }) => [text, word(verdict), evidence])
  return [
    html`<p>Source: ${claim.source}.</p> `,
    table('Each claim and what these runs say of it', ['claim', 'verdict', 'evidence'], verdicts),
    list(notes),
    ...figures,
    claim.table.length === 0 ? NONE : numbersTable(claim.table),
  ]
}

const WITHIN = { holds: 'yes', 'does not hold': 'no', undecided: 'undecided' } as const

function numbersTable(rows: readonly TableRow[]): Markup {
  const [published, spread, verdict] = [
    rows.some((row) => row.published !== null),
    rows.some((row) => row.spread !== undefined),
    rows.some((row) => row.verdict !== undefined),
  ]
  const head = [
    'quantity',
    ...(published ? ['published'] : []),
    'ours [95 % interval]',
    ...(spread ? ['single frozen draws'] : []),
    ...(verdict ? ['published within'] : []),
  ]
  const cells = rows.map((row) => [
    row.quantity,
    ...(published ? [row.published === null ? '' : number(row.published)] : []),
    interval(row.ours),
    ...(spread
      ? [row.spread === undefined ? '' : `${number(row.spread[0])} to ${number(row.spread[1])}`]
      : []),
    ...(verdict ? [row.verdict === undefined ? '' : WITHIN[row.verdict]] : []),
  ])
  const caption = published ? 'Published numbers and ours' : 'The numbers'
  const numeric = 1 + Number(published) + Number(spread)
  return table(caption, head, cells, [1, 2, 3].slice(0, numeric))
}
