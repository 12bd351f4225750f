/** Who took part in a federation, which rounds closed without somebody, and what went over the lines. */
import { describeBytes } from '../progress.ts'
import type { ReportFederation } from './input.ts'
import { html, NONE, table, type Markup } from './markup.ts'
import { counted, listed } from './words.ts'

/** More agents or runs than these are not listed. */
const MOST_ROWS = 200

/** A sentence, a table of the agents, and one of the phases that closed without somebody. */
export function federationSection(federation: ReportFederation | null): Markup[] {
  if (federation === null) return []
  const { agents, gaps, moreGaps } = federation
  const left = agents.length - MOST_ROWS
  return [
    html`<p>${sentence(federation)}</p> `,
    agentTable(federation),
    left > 0 ? html`<p>${left} more agents are in federation/traffic.csv.</p> ` : NONE,
    gaps.length === 0 ? NONE : gapTable(federation),
    moreGaps > 0
      ? html`<p>
          ${counted(moreGaps, 'more phase')} without somebody, or with a late Update: see federation/records.
        </p> `
      : NONE,
  ]
}

function sentence({ agents, runs }: ReportFederation): string {
  const closed = runs.reduce((sum, run) => sum + run.closed, 0)
  const partial = runs.reduce((sum, run) => sum + run.partial, 0)
  const all = partial === 0 ? 'all of them with everybody' : `${partial} of them without somebody`
  return `A federation of ${counted(agents.length, 'agent')}: ${counted(closed, 'phase')} closed in ${counted(runs.length, 'run')}, ${all}.`
}

function agentTable({ agents }: ReportFederation): Markup {
  const head = ['agent', 'name', 'phases', 'late', 'missed', 'sessions', 'received', 'sent', 'refused']
  const rows = agents
    .slice(0, MOST_ROWS)
    .map((one, agent) => [
      agent,
      one.name,
      one.folded,
      one.late,
      one.missed,
      one.sessions,
      describeBytes(one.receivedBytes),
      describeBytes(one.sentBytes),
      one.refused,
    ])
  return table(
    'Agents: phases that their Updates were folded in, and what the server received from them and sent them',
    head,
    rows,
    [0, 2, 3, 4, 5, 6, 7, 8],
  )
}

function gapTable({ gaps }: ReportFederation): Markup {
  const rows = gaps.map(({ run, round, phase, missing, late }) => [
    run,
    round + 1,
    phase + 1,
    listed(missing),
    listed(late),
  ])
  return table('Phases that closed without somebody, or with a late Update', ['run', 'round', 'phase', 'missing', 'late'], rows, [1, 2]) // prettier-ignore
}
