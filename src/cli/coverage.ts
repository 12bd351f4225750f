/** `fedrl coverage`: which state-action pairs the agents reach in the long run, how evenly, and how fast they forget their start. */
import type { AgentCoverage, Coverage } from '../mdp/coverage.ts'
import { rangesOf, visiting } from '../experiment/report/words.ts'
import { choose, coverageOfChosen, type Chosen, type ChosenFlags } from './chosen.ts'
import type { Io } from './io.ts'
import { alignColumns, figure } from './results-table.ts'

/** Most agents in the document; they are left out of larger ones, not of the totals. */
const MOST_AGENTS = 10_000
/** Most lines of agents and most pairs in the text. */
const MOST_LINES = 20
/** Most ranges of agents in one line. */
const MOST_RANGES = 3
/** Errors of mu above this are told. */
const NOTEWORTHY = 1e-9

/** Carries the command out. */
export async function coverage(file: string, options: ChosenFlags, io: Io): Promise<void> {
  const chosen = await choose(file, options)
  const result = coverageOfChosen(chosen)
  io.result(documentOf(chosen, result), () => textOf(chosen, result))
}

/** The laws themselves are too large for a document; what is undefined is not written. */
const agentDocument = (agent: AgentCoverage) => ({ ...agent, mu: undefined })

function documentOf({ name, variant, seed }: Chosen, { agents, ...totals }: Coverage) {
  return {
    experiment: name,
    variant: variant.name,
    seed,
    ...totals,
    average: undefined,
    agentsTotal: agents.length,
    agents: agents.slice(0, MOST_AGENTS).map(agentDocument),
  }
}

const timeText = (time: number | null, why: string | undefined): string =>
  time === null ? `none (${why ?? 'not known'})` : String(time)

function totals(result: Coverage): string {
  const { muMin, muAvg, cHet, mixingTime, noMixing, coveredFraction, pairs, uncoveredTotal } = result
  return alignColumns([
    ['mu_min', figure(muMin), 'least share of steps of any agent at any pair'],
    ['mu_avg', figure(muAvg), 'the same of all agents on average'],
    ['C_het', figure(cHet), 'heterogeneity: 1 when all agents see the same'],
    ['t_mix', timeText(mixingTime, noMixing), 'mixing time of the slowest agent, steps'],
    ['covered', `${figure(coveredFraction * 100)} %`, `${pairs - uncoveredTotal} of ${pairs} pairs`],
  ])
}

const agentCells = ({ muMin, coveredPairs, mixingTime, noMixing }: AgentCoverage): string[] => [
  figure(muMin),
  String(coveredPairs),
  timeText(mixingTime, noMixing),
]

/** Agents of whom the same is said stand in one line. */
function agentLines(agents: readonly AgentCoverage[]): string {
  const lines = new Map<string, { cells: string[]; alike: number[] }>()
  agents.forEach((agent, k) => {
    const cells = agentCells(agent)
    const line = lines.get(cells.join()) ?? { cells, alike: [] }
    line.alike.push(k)
    lines.set(cells.join(), line)
  })
  const shown = [...lines.values()].slice(0, MOST_LINES)
  const rest = agents.length - shown.reduce((sum, { alike }) => sum + alike.length, 0)
  const table = alignColumns([
    ['agents', 'mu_min', 'pairs', 't_mix'],
    ...shown.map(({ cells, alike }) => [rangesOf(alike, MOST_RANGES), ...cells]),
  ])
  return rest === 0 ? table : `${table}\nand ${rest} more agents (--json has the first ${MOST_AGENTS})`
}

function sentences({ variant }: Chosen, result: Coverage): string[] {
  const said: string[] = []
  if (result.empirical)
    said.push('From the logs: mu is the share of recorded steps at each pair; a mixing time needs a model.')
  if (variant.settings.algorithm.name === 'fed-syn-q') {
    said.push(
      'fed-syn-q samples every pair in every iteration: the behaviour below is not used by this experiment.',
    )
  }
  if (result.dependsOnStart) {
    said.push(
      'Some agent can end in more than one recurrent class: what one run sees depends on its start and its luck; mu is the average.',
    )
  }
  if (result.periodic)
    said.push('Some agent is periodic: its law never settles, and mu is the long-run average.')
  if (result.noMixing === 'longer than the cap')
    said.push(`The mixing time is longer than the cap of ${result.mixingTimeCap} steps.`)
  if (result.noMixing === 'too large to compute')
    said.push('The problem is too large for an exact mixing time.')
  const error = result.agents.reduce((most, agent) => Math.max(most, agent.error), 0)
  if (error > NOTEWORTHY)
    said.push(`mu was found by iteration, to a relative error of about ${figure(error)}.`)
  if (result.uncoveredTotal > 0) {
    const listed = result.uncovered.slice(0, MOST_LINES).map(([s, a]) => `(${s}, ${a})`)
    const more = result.uncoveredTotal > listed.length ? ' ...' : ''
    said.push(
      `No agent ${visiting(result.empirical)} ${result.uncoveredTotal} pairs (state, action): ${listed.join(' ')}${more}`,
    )
  }
  return said
}

function textOf(chosen: Chosen, result: Coverage): string {
  const { name, variant, seed, problem } = chosen
  const head = `${name}: variant ${variant.name}, seed ${seed}; ${problem.states} states x ${problem.actions} actions, ${result.agents.length} agents`
  return [head, totals(result), agentLines(result.agents), sentences(chosen, result).join('\n')]
    .filter((part) => part !== '')
    .join('\n\n')
}
