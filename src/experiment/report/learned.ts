/** What was learned, as a table of states: for problems that have no picture and are small enough to read. */
import type { ReportVariant } from './input.ts'
import { html, NONE, table, type Markup } from './markup.ts'
import { number, variantsNamed } from './words.ts'

/** More variants than these are not shown. */
const MOST_TABLES = 2

/** One table for each variant that has one: the greedy action of every state, and the learned values. */
export function learnedTables(variants: readonly ReportVariant[]): Markup[] {
  const shown = variants.filter(({ learned }) => learned !== null)
  if (shown.length === 0) return []
  const untried = shown.some(({ coverage }) => coverage?.average.includes(0))
  const left = shown.length - MOST_TABLES
  return [
    html`<p>
      Learned by the first seed, its first agent where agents learn
      alone.${untried ? ' A dash: no agent visits this pair, so its entry is what it was at the start.' : ''}
    </p> `,
    ...shown.slice(0, MOST_TABLES).map((variant) => learnedTable(variant, variants.length)),
    left > 0 ? html`<p>${left} more are in the files below models/.</p> ` : NONE,
  ]
}

function learnedTable({ name, learned, coverage }: ReportVariant, all: number): Markup {
  if (learned === null) return NONE
  const { states, actions, q, terminal } = learned
  const greedy = (state: number): number => {
    const row = q.subarray(state * actions, (state + 1) * actions)
    return row.indexOf(Math.max(...row))
  }
  const tried = (pair: number): boolean => coverage === null || coverage.average[pair] !== 0
  const actedIn = (state: number): boolean =>
    Array.from({ length: actions }, (_, action) => state * actions + action).some(tried)
  const value = (pair: number): string => (tried(pair) ? number(q[pair] as number) : '–')
  const rows = Array.from({ length: states }, (_, state) => state)
    .filter((state) => terminal?.[state] !== 1)
    .map((state) => [
      String(state),
      actedIn(state)
        ? actionText(greedy(state), tried(state * actions + greedy(state)))
        : 'no agent acts here',
      ...Array.from({ length: actions }, (_column, action) => value(state * actions + action)),
    ])
  return table(
    `Greedy action and values Q of ${variantsNamed([name], all)}`,
    ['state', 'greedy action', ...Array.from({ length: actions }, (_, action) => `Q of action ${action}`)],
    rows,
    Array.from({ length: actions }, (_, action) => action + 2),
  )
}

const actionText = (action: number, tried: boolean): string =>
  tried ? String(action) : `${action}, which no agent tried`
