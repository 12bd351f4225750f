/** Decides which code a run uses, and how large everything is. */
import type { KernelProblem } from '../../kernel.ts'
import type { Mdp } from '../../mdp/mdp.ts'
import { commonShift, leadsToAllInOrder, rewardsDependOnPairOnly } from './samplers.ts'
import type { ColumnBytes } from './samplers.ts'

/** Steps of a block, agents together: few enough that it stays in cache. */
const BLOCK_STEPS = 32768
/** Of a block: multiples of 4, for agents walk by fours, and at most 64, for which the kernel has workspace. */
const MOST_AGENTS = 52
const LEAST_AGENTS = 8

/** How a run is carried out. */
export interface Layout {
  readonly lanes: number
  /** S * A */
  readonly entries: number
  readonly kind: 'walk' | 'replay' | 'generative'
  /** distinct Mdps, in the order of the members that first use them */
  readonly mdps: readonly Mdp[]
  /** visits and reports fit 16 bits */
  readonly narrowCounts: boolean
  readonly columns: ColumnBytes
  /** rewards depend on more than the pair, or something terminates */
  readonly rewardsByStep: boolean
  /** bytes of a record */
  readonly stride: number
  readonly blockAgents: number
  readonly blockSteps: number
  /** independent learners */
  readonly alone: boolean
}

/** The layout of a problem. */
export function layoutOf(problem: KernelProblem): Layout {
  const { states, actions, agents, syncPeriod, members } = problem
  const lanes = problem.lanes.length
  const mdps = [
    ...new Set(members.flatMap(({ experience }) => (experience.kind === 'replay' ? [] : [experience.mdp]))),
  ]
  const narrowCounts = lanes === 2 && syncPeriod <= 65535 && agents <= 65535
  const blockSteps = Math.min(syncPeriod, BLOCK_STEPS)
  const fitting = Math.max(LEAST_AGENTS, Math.min(MOST_AGENTS, 4 * Math.floor(BLOCK_STEPS / blockSteps / 4)))
  return {
    lanes,
    entries: states * actions,
    kind: members[0]?.experience.kind ?? 'walk',
    mdps,
    narrowCounts,
    columns: columnBytes(states, actions, mdps),
    rewardsByStep:
      mdps.length === 0 || mdps.some((mdp) => mdp.terminal.includes(1) || !rewardsDependOnPairOnly(mdp)),
    stride: lanes === 1 ? 48 : narrowCounts ? 64 : 80,
    blockAgents: syncPeriod > blockSteps ? 1 : Math.min(agents * members.length, fitting),
    blockSteps,
    alone: problem.lanes[0]?.averaging === 'none',
  }
}

/** The smallest columns that hold what may be drawn. */
function columnBytes(states: number, actions: number, mdps: readonly Mdp[]): ColumnBytes {
  if (actions > 256) return 16
  if (mdps.every(leadsToAllInOrder)) return 4
  const shifts = new Set(mdps.map(commonShift))
  return states <= 65536 && shifts.size <= 1 && !shifts.has(null) ? 8 : 16
}

/** Whether all members can share one memory: walks in one Mdp, or in Mdps that differ in numbers only. */
export function shareable(problem: KernelProblem, { kind, mdps, columns }: Layout): boolean {
  const [first] = mdps
  const alike = (mdp: Mdp): boolean =>
    first !== undefined && mdp.terminal.every((flag, state) => flag === first.terminal[state])
  return (
    problem.members.length === 1 ||
    (kind === 'walk' && (mdps.length === 1 || (columns < 16 && mdps.every(alike))))
  )
}
