/** Carries out one (variant, seed) on the kernel: rounds, rows at the times asked for, and the final table. */
import type { KernelProblem, KernelRun } from '../kernel.ts'
import { startCompiled } from '../kernel/compiled.ts'
import type { Row } from '../metrics/row.ts'
import { valueRange } from '../numeric/initial-table.ts'
import { stepSizeAt } from '../numeric/step-size.ts'
import { taskBytes, updateBytes } from '../protocol/q-codec.ts'
import { Interrupted } from './errors.ts'
import { evaluator } from './evaluator.ts'
import type { AlgorithmSpec, Settings } from './experiment.ts'
import type { Finished, Problem } from './simulation.ts'

/** Agent-steps between two looks at the outside (progress, the wish to stop): about a tenth of a second. */
const BREATH = 2_000_000

/** How a simulation is watched and stopped. */
export interface SimulateOptions {
  /** stands in the rows */
  readonly variant: string
  readonly signal?: AbortSignal
  /** hears of agent-steps done, all agents together */
  readonly onProgress?: (agentSteps: number) => void
}

/**
 * Simulates one seed of one variant.
 * @throws Interrupted when the signal is aborted
 */
export async function simulate(
  settings: Settings,
  seed: number,
  problem: Problem,
  options: SimulateOptions,
): Promise<Finished> {
  const { algorithm } = settings
  const kernel = kernelProblem(algorithm, seed, problem, settings.evaluate.every)
  const run = await startCompiled(kernel)
  const { steps, stepSize } = algorithm
  const evaluate = evaluator(problem.model?.mdp ?? null)
  const traffic = settings.evaluate.metrics.includes('bytes')
    ? trafficCounter(algorithm, kernel, run)
    : () => {}
  const cost = { samples: 0, rounds: 0, bytes: 0 }
  const samplesPerStep = kernel.agents * (algorithm.name === 'fed-syn-q' ? alivePairs(problem) : 1)
  const rows: Row[] = []
  let breath = BREATH
  let due = settings.evaluate.every
  for (let step = 0; step < steps;) {
    const length = nextRound(algorithm, step, due)
    run.advance(1, length, [stepSizeAt(stepSize, step, problem.discount)])
    cost.bytes += traffic(cost.rounds, step, length) ?? 0
    cost.rounds += algorithm.name === 'q-learning' ? 0 : 1
    step += length
    cost.samples = step * samplesPerStep
    if (step >= due || step === steps) {
      const table = run.table(0, 0)
      for (const metric of settings.evaluate.metrics) {
        rows.push({
          variant: options.variant,
          seed,
          round: cost.rounds,
          step,
          metric,
          value: evaluate(metric, table, cost),
        })
      }
      due = (Math.floor(step / settings.evaluate.every) + 1) * settings.evaluate.every
    }
    if (step * kernel.agents >= breath) {
      breath = step * kernel.agents + BREATH
      options.onProgress?.(step * kernel.agents)
      await pause(options.signal)
    }
  }
  const shape = [...(algorithm.name === 'q-learning' ? [kernel.agents] : []), problem.states, problem.actions]
  return {
    rows,
    q: run.table(0, 0),
    shape,
    notes: notesOf(algorithm, problem),
    agentSteps: steps * kernel.agents,
  }
}

/** The kernel's view of the problem; independent learners have no sync period, so theirs only sizes memory. */
function kernelProblem(
  algorithm: AlgorithmSpec,
  seed: number,
  problem: Problem,
  every: number,
): KernelProblem {
  const { model, experience } = problem
  const walk = () => {
    if (model === null) throw new RangeError(`simulate: ${algorithm.name} with behaviours needs a model`)
    return algorithm.name === 'fed-syn-q' || experience.kind === 'logs'
      ? ({ kind: 'generative', mdp: model.mdp } as const)
      : ({ kind: 'walk', mdp: model.mdp, behaviors: experience.behaviors } as const)
  }
  const averaging =
    algorithm.name === 'q-learning' ? 'none' : algorithm.name === 'fed-syn-q' ? 'equal' : algorithm.averaging
  const replay = experience.kind === 'logs' && algorithm.name !== 'fed-syn-q'
  return {
    states: problem.states,
    actions: problem.actions,
    agents: experience.kind === 'logs' ? experience.logs.length : experience.behaviors.of.length,
    initial: algorithm.initial,
    terminal: model?.mdp.terminal ?? null,
    syncPeriod: Math.min(algorithm.steps, algorithm.name === 'q-learning' ? every : algorithm.syncPeriod),
    lanes: [
      {
        discount: problem.discount,
        averaging,
        valueRange: valueRange(problem.rewardRange, problem.discount),
      },
    ],
    members: [
      {
        seed,
        initialSeed: algorithm.initialSeed ?? seed,
        experience: replay ? { kind: 'replay', logs: experience.logs } : walk(),
      },
    ],
  }
}

/** Steps until the next averaging. Independent learners stop only to be measured, and at every step of a schedule. */
function nextRound(algorithm: AlgorithmSpec, step: number, due: number): number {
  const left = algorithm.steps - step
  if (algorithm.name !== 'q-learning') return Math.min(algorithm.syncPeriod, left)
  return typeof algorithm.stepSize === 'number' ? Math.min(due - step, left) : 1
}

/** Bytes of a round, by the same formula as the frames of a live federation: one Task and one Update an agent. */
function trafficCounter(
  algorithm: AlgorithmSpec,
  { agents, states, actions, initial }: KernelProblem,
  run: KernelRun,
) {
  if (algorithm.name === 'q-learning') return () => 0
  const entries = states * actions
  const visits = algorithm.name === 'fed-asyn-q' && algorithm.averaging === 'importance'
  return (round: number, step: number, steps: number): number => {
    const dense = algorithm.name === 'fed-syn-q' || (initial === 'perAgent' && round === 0)
    const reported = run.reported(0)
    let bytes = agents * taskBytes(round, step, steps, entries)
    for (let agent = 0; agent < agents; agent++)
      bytes += updateBytes(agent, round, reported[agent] as number, { entries: !dense, visits })
    return bytes
  }
}

function alivePairs({ model, states, actions }: Problem): number {
  const terminals = model?.mdp.terminal.reduce((sum, flag) => sum + flag, 0) ?? 0
  return (states - terminals) * actions
}

function notesOf(algorithm: AlgorithmSpec, problem: Problem): string[] {
  if (algorithm.name === 'q-learning') return []
  const { steps, syncPeriod } = algorithm
  const notes: string[] = []
  const rest = steps % syncPeriod
  if (rest !== 0)
    notes.push(
      `The last round has ${rest} steps: ${steps} steps are no multiple of the sync period ${syncPeriod}.`,
    )
  if (syncPeriod === 1 && algorithm.name === 'fed-asyn-q') {
    notes.push(
      'With a sync period of 1 every update tells the one state and action it changed: what an agent did can be read from it.',
    )
  }
  if (problem.experience.kind === 'logs' && problem.model === null)
    notes.push('No model is known: nothing here is compared with the truth.')
  return notes
}

/** Lets timers, messages and the wish to stop through. */
async function pause(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve)
  })
  if (signal?.aborted === true) throw new Interrupted('interrupted')
}
