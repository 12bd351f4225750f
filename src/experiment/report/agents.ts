/** What the problem is worth to each agent: the best it could have alone, and what it got. */
import { summarise } from '../../metrics/curve.ts'
import { mean } from '../../numeric/statistics.ts'
import type { AgentsOptimum, ReportInput, ReportVariant } from './input.ts'
import { html, NONE, table, type Markup } from './markup.ts'
import { interval, number, variantsNamed } from './words.ts'

/** More agents or groups of variants than these are not listed. */
const MOST_AGENTS = 100
const MOST_GROUPS = 8

/** One table for each optimum that differs, with the agents' own returns where they were measured. */
export function agentsSection({ variants, samples }: Pick<ReportInput, 'variants' | 'samples'>): Markup[] {
  const groups = new Map<string, { optimum: AgentsOptimum; members: ReportVariant[] }>()
  for (const variant of variants) {
    if (variant.optimum === null) continue
    const key = JSON.stringify(variant.optimum)
    const group = groups.get(key) ?? { optimum: variant.optimum, members: [] }
    group.members.push(variant)
    groups.set(key, group)
  }
  const tables = [...groups.values()]
    .slice(0, MOST_GROUPS)
    .flatMap(({ optimum, members }) => [
      html`<p>${sentence(optimum, members, variants.length)}</p> `,
      agentTable(optimum, members, samples),
    ])
  const left = groups.size - MOST_GROUPS
  return left > 0 ? [...tables, html`<p>Variants of ${left} more optima are in rows.csv.</p> `] : tables
}

function sentence(
  { common, own, dynamics }: AgentsOptimum,
  members: readonly ReportVariant[],
  all: number,
): string {
  const who = variantsNamed(
    members.map(({ name }) => name),
    all,
  )
  const of = all > 1 ? ` of ${who}` : ''
  const alone = `with a policy of its own for each agent it is ${number(mean(own))} on average`
  return common === null
    ? `In the first seed’s problem${of} dynamics differ by up to ${number(dynamics)} in total variation, so the best common policy is not known; ${alone}.`
    : `In the first seed’s problem${of} the best common policy is worth J* = ${number(common)}; ${alone}.`
}

function agentTable(
  { own }: AgentsOptimum,
  members: readonly ReportVariant[],
  samples: ReportInput['samples'],
): Markup {
  const columns = members.flatMap(({ name }) =>
    ['agentJ', 'personalJ']
      .filter((metric) => samples.get(name)?.has(`${metric}.0`) === true)
      .map((metric) => ({ name, metric })),
  )
  const cell = (name: string, metric: string): string => {
    const last = samples.get(name)?.get(metric)?.at(-1)
    if (last === undefined) return ''
    const { value, low, high } = summarise(last)
    return low === high ? number(value) : interval({ value, low, high })
  }
  const rows = own
    .slice(0, MOST_AGENTS)
    .map((best, agent) => [
      String(agent),
      number(best),
      ...columns.map(({ name, metric }) => cell(name, `${metric}.${agent}`)),
    ])
  const titles = columns.map(({ name, metric }) =>
    metric === 'agentJ' ? `J_i, ${name}` : `J_i after local steps, ${name}`,
  )
  const left = own.length - rows.length
  return html`${table(
    'Best return of each agent alone, and what it has at the end: mean over seeds [95 % bootstrap interval]',
    ['agent', 'J_i*', ...titles],
    rows,
    Array.from({ length: titles.length + 2 }, (_, i) => i),
  )}
  ${left > 0 ? html`<p>${left} more agents are in rows.csv.</p> ` : NONE}`
}
