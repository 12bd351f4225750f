/** A batch as the kernel sees it. */
import type { KernelProblem, Lane } from '../kernel.ts'
import type { Mdp } from '../mdp/mdp.ts'
import { truth } from './evaluator.ts'
import { agentsOf, type AlgorithmSpec, type QSettings } from './experiment.ts'
import type { Problem } from './simulation.ts'

/** One variant of a batch. */
export interface LaneInput {
  /** stands in the rows */
  readonly variant: string
  readonly settings: QSettings
  /** one for each seed */
  readonly problems: readonly Problem[]
}

/** Whether two problems draw the same trajectories: their models differ in the discount at most. */
export function drawAlike({ model: a }: Problem, problem: Problem | undefined): boolean {
  const b = problem?.model ?? null
  if (a === null || b === null || a.mdp === b.mdp) return a?.mdp === b?.mdp
  const lists: readonly (keyof Mdp)[] = ['initial', 'terminal', 'start', 'next', 'probability', 'reward']
  return lists.every((list) => sameNumbers(a.mdp[list], b.mdp[list]))
}

function sameNumbers(a: Mdp[keyof Mdp], b: Mdp[keyof Mdp]): boolean {
  if (typeof a === 'number' || typeof b === 'number') return a === b
  return a.length === b.length && a.every((value, i) => value === b[i])
}

/** The kernel's view of the batch; independent learners have no sync period, so theirs only sizes memory. */
export function kernelProblem(
  lanes: readonly [LaneInput, ...LaneInput[]],
  seeds: readonly number[],
): KernelProblem {
  const [{ settings, problems }] = lanes
  const { algorithm, evaluate } = settings
  const problem = problems[0] as Problem
  return {
    states: problem.states,
    actions: problem.actions,
    agents: agentsOf(settings),
    initial: algorithm.initial,
    terminal: problem.model?.mdp.terminal ?? null,
    syncPeriod: Math.min(
      algorithm.steps,
      algorithm.name === 'q-learning' ? evaluate.every : algorithm.syncPeriod,
    ),
    lanes: lanes.map((lane) => laneOf(lane)),
    members: seeds.map((seed, i) => ({
      seed,
      initialSeed: algorithm.initialSeed ?? seed,
      rewardRange: (problems[i] as Problem).rewardRange,
      experience: experienceOf(algorithm, problems[i] as Problem),
      ...truthsOf(lanes, i),
    })),
  }
}

function laneOf({ settings: { algorithm }, problems }: LaneInput): Lane {
  const { discount } = problems[0] as Problem
  const averaging =
    algorithm.name === 'q-learning' ? 'none' : algorithm.name === 'fed-syn-q' ? 'equal' : algorithm.averaging
  return { discount, averaging }
}

function experienceOf(
  algorithm: AlgorithmSpec,
  { model, experience }: Problem,
): KernelProblem['members'][number]['experience'] {
  if (experience.kind === 'logs') return { kind: 'replay', logs: experience.logs }
  if (model === null || experience.kind === 'own')
    throw new RangeError(`simulate: ${algorithm.name} with behaviours needs a model`)
  return algorithm.name === 'fed-syn-q'
    ? { kind: 'generative', mdp: model.mdp }
    : { kind: 'walk', mdp: model.mdp, behaviors: experience.behaviors }
}

function truthsOf(lanes: readonly LaneInput[], seed: number): { truth?: Float64Array[] } {
  const models = lanes.flatMap(({ problems }) => problems[seed]?.model ?? [])
  return models.length === lanes.length ? { truth: models.map(({ mdp }) => truth(mdp).counted) } : {}
}

/** Transitions that an agent draws in one step: one, or one for each pair of a non-terminal state. */
export function samplesOfStep(algorithm: AlgorithmSpec, { model, states, actions }: Problem): number {
  const terminals = model?.mdp.terminal.reduce((sum, flag) => sum + flag, 0) ?? 0
  return algorithm.name === 'fed-syn-q' ? (states - terminals) * actions : 1
}
