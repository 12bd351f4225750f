/** One lane of one member: what the plain kernel runs at a time. */
import type { KernelExperience, KernelProblem, Lane, Member } from '../kernel.ts'
import { valueRange } from '../numeric/initial-table.ts'
import type { InitialSettings } from '../numeric/initial-table.ts'

/** The settings of one run by itself. */
export interface SingleProblem extends InitialSettings, Lane {
  readonly agents: number
  readonly syncPeriod: number
  readonly seed: number
  readonly experience: KernelExperience
}

/** A single run under way; `table` changes in place. */
export interface SingleRun {
  readonly table: Float64Array
  readonly reported: Uint32Array
  round(steps: number, stepSize: number): void
}

/** The run of one lane of one member. */
export function single(problem: KernelProblem, member: Member, lane: Lane): SingleProblem {
  const { states, actions, agents, syncPeriod, initial, terminal } = problem
  const { seed, initialSeed, experience } = member
  return {
    states,
    actions,
    agents,
    syncPeriod,
    initial,
    terminal,
    ...lane,
    seed,
    initialSeed,
    experience,
    valueRange: valueRange(member.rewardRange, lane.discount),
  }
}
