/** Decides which code a run uses, and how large everything is. */
import type { KernelProblem } from '../../kernel.ts'
import type { Mdp } from '../../mdp/mdp.ts'
import { commonShift, rewardsDependOnPairOnly } from './samplers.ts'

/** Steps of a block, agents together: few enough that it stays in cache. */
const BLOCK_STEPS = 32768
const MOST_AGENTS = 50
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
  /** states fit 16 bits, actions 8, and all outcome rows are of one length */
  readonly narrowWalk: boolean
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
  const fitting = Math.max(LEAST_AGENTS, Math.min(MOST_AGENTS, Math.floor(BLOCK_STEPS / blockSteps)))
  return {
    lanes,
    entries: states * actions,
    kind: members[0]?.experience.kind ?? 'walk',
    mdps,
    narrowCounts,
    narrowWalk:
      states <= 65536 &&
      actions <= 256 &&
      new Set(mdps.map(commonShift)).size <= 1 &&
      mdps.every((mdp) => commonShift(mdp) !== null),
    rewardsByStep:
      mdps.length === 0 || mdps.some((mdp) => mdp.terminal.includes(1) || !rewardsDependOnPairOnly(mdp)),
    stride: lanes === 1 ? 48 : narrowCounts ? 64 : 80,
    blockAgents: syncPeriod > blockSteps ? 1 : Math.min(agents * members.length, fitting),
    blockSteps,
    alone: problem.lanes[0]?.averaging === 'none',
  }
}

/** Whether all members can share one memory: walks in one Mdp, or in Mdps that differ in numbers only. */
export function shareable(problem: KernelProblem, { kind, mdps, narrowWalk }: Layout): boolean {
  const [first] = mdps
  const alike = (mdp: Mdp): boolean =>
    first !== undefined && mdp.terminal.every((flag, state) => flag === first.terminal[state])
  return (
    problem.members.length === 1 ||
    (kind === 'walk' && (mdps.length === 1 || (narrowWalk && mdps.every(alike))))
  )
}
