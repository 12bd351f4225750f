/** Simulates a batch on the kernel: rounds, rows at the times asked for, and the final tables. */
import type { KernelProblem, KernelRun, Lane } from '../kernel.ts'
import { startKernel } from '../kernel/start.ts'
import type { Row } from '../metrics/row.ts'
import type { Mdp } from '../mdp/mdp.ts'
import { stepSizeAt } from '../numeric/step-size.ts'
import { Interrupted } from './errors.ts'
import { evaluator, truth } from './evaluator.ts'
import type { AlgorithmSpec, Settings } from './experiment.ts'
import type { Finished, Problem } from './simulation.ts'
import { traffic } from './traffic.ts'

/** Agent-steps between two looks at the outside (progress, the wish to stop): some hundredths of a second. */
const BREATH = 2_000_000

/** One variant of a batch. */
export interface LaneInput {
  /** stands in the rows */
  readonly variant: string
  readonly settings: Settings
  /** one for each seed */
  readonly problems: readonly Problem[]
}

/** How a simulation is watched and stopped. */
export interface SimulateOptions {
  /** a clock of CPU time; without one no time is told */
  readonly cpuSeconds?: () => number
  readonly signal?: AbortSignal
  /** hears of agent-steps done, all agents and trials together */
  readonly onProgress?: (agentSteps: number) => void
}

/**
 * Simulates one variant, or two that share every draw, at some seeds.
 * @returns by variant, then by seed
 * @throws Interrupted when the signal is aborted
 */
export async function simulate(
  lanes: readonly LaneInput[],
  seeds: readonly number[],
  options: SimulateOptions = {},
): Promise<Finished[]> {
  const [first, second] = lanes
  if (first === undefined) return []
  if (second !== undefined && !first.problems.every((problem, i) => drawAlike(problem, second.problems[i]))) {
    const apart = lanes.map((lane) => simulate([lane], seeds, options))
    return (await Promise.all(apart)).flat()
  }
  return simulateTogether([first, ...lanes.slice(1)], seeds, options)
}

/** Whether two problems draw the same trajectories: their models differ in the discount at most. */
function drawAlike({ model: a }: Problem, problem: Problem | undefined): boolean {
  const b = problem?.model ?? null
  if (a === null || b === null || a.mdp === b.mdp) return a?.mdp === b?.mdp
  const lists: readonly (keyof Mdp)[] = ['initial', 'terminal', 'start', 'next', 'probability', 'reward']
  return lists.every((list) => sameNumbers(a.mdp[list], b.mdp[list]))
}

function sameNumbers(a: Mdp[keyof Mdp], b: Mdp[keyof Mdp]): boolean {
  if (typeof a === 'number' || typeof b === 'number') return a === b
  return a.length === b.length && a.every((value, i) => value === b[i])
}

async function simulateTogether(
  lanes: readonly [LaneInput, ...LaneInput[]],
  seeds: readonly number[],
  options: SimulateOptions,
): Promise<Finished[]> {
  const [{ settings, problems }] = lanes
  const { algorithm, evaluate } = settings
  const kernel = kernelProblem(lanes, seeds)
  const run = await startKernel(kernel)
  const trials = lanes.flatMap((lane, l) =>
    seeds.map((seed, member) => trialOf(lane, l, seed, member, kernel, run)),
  )
  const together = kernel.agents * trials.length
  const steady =
    lanes.every((lane) => typeof lane.settings.algorithm.stepSize === 'number') &&
    !trials.some(({ countsBytes }) => countsBytes)
  const cpuSeconds = options.cpuSeconds ?? (() => 0)
  let [kernelSeconds, step, round, breath] = [0, 0, 0, BREATH]
  let due = evaluate.every
  while (step < algorithm.steps) {
    const length = nextRound(algorithm, step, due)
    const rounds = steady
      ? roundsUntil(
          Math.min(due, algorithm.steps) - step,
          length,
          Math.floor((algorithm.steps - step) / length),
          together,
        )
      : 1
    const before = cpuSeconds()
    run.advance(
      rounds,
      length,
      lanes.map(({ settings: own }, l) =>
        stepSizeAt(own.algorithm.stepSize, step, (kernel.lanes[l] as Lane).discount),
      ),
    )
    kernelSeconds += cpuSeconds() - before
    for (const trial of trials) trial.account(round, step, length)
    round += algorithm.name === 'q-learning' ? 0 : rounds
    step += rounds * length
    if (step >= due || step === algorithm.steps) {
      for (const trial of trials) trial.evaluate(round, step)
      due = (Math.floor(step / evaluate.every) + 1) * evaluate.every
    }
    if (step * together >= breath) {
      breath = step * together + BREATH
      options.onProgress?.(step * together)
      await pause(options.signal)
    }
  }
  const notes = notesOf(algorithm, problems[0] as Problem)
  return trials.map((trial) => ({
    ...trial.result(),
    notes,
    agentSteps: algorithm.steps * kernel.agents,
    kernelCpuSeconds: kernelSeconds / trials.length,
  }))
}

/** Rows and costs of one trial of the batch. */
function trialOf(
  { variant, settings: { algorithm, evaluate }, problems }: LaneInput,
  lane: number,
  seed: number,
  member: number,
  { agents, states, actions }: KernelProblem,
  run: KernelRun,
) {
  const problem = problems[member] as Problem
  const measure = evaluator(problem.model?.mdp ?? null)
  const bytesOf = traffic({ algorithm, agents, entries: states * actions })
  const samplesPerStep = agents * (algorithm.name === 'fed-syn-q' ? alivePairs(problem) : 1)
  const countsBytes = evaluate.metrics.includes('bytes')
  const measured = { distance: () => run.distance(member, lane), table: () => run.table(member, lane) }
  const rows: Row[] = []
  let bytes = 0
  return {
    countsBytes,
    account(round: number, step: number, length: number): void {
      if (countsBytes) bytes += bytesOf(round, step, length, run.reported(member))
    },
    evaluate(round: number, step: number): void {
      const cost = { samples: step * samplesPerStep, rounds: round, bytes }
      for (const metric of evaluate.metrics)
        rows.push({ variant, seed, round, step, metric, value: measure(metric, measured, cost) })
    },
    result() {
      const alone = algorithm.name === 'q-learning' ? [agents] : []
      return { rows, q: run.table(member, lane), shape: [...alone, states, actions] }
    },
  }
}

/** The kernel's view of the batch; independent learners have no sync period, so theirs only sizes memory. */
function kernelProblem(lanes: readonly [LaneInput, ...LaneInput[]], seeds: readonly number[]): KernelProblem {
  const [{ settings, problems }] = lanes
  const { algorithm, evaluate } = settings
  const problem = problems[0] as Problem
  const { experience } = problem
  return {
    states: problem.states,
    actions: problem.actions,
    agents: experience.kind === 'logs' ? experience.logs.length : experience.behaviors.of.length,
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
  if (model === null) throw new RangeError(`simulate: ${algorithm.name} with behaviours needs a model`)
  return algorithm.name === 'fed-syn-q'
    ? { kind: 'generative', mdp: model.mdp }
    : { kind: 'walk', mdp: model.mdp, behaviors: experience.behaviors }
}

function truthsOf(lanes: readonly LaneInput[], seed: number): { truth?: Float64Array[] } {
  const models = lanes.flatMap(({ problems }) => problems[seed]?.model ?? [])
  return models.length === lanes.length ? { truth: models.map(({ mdp }) => truth(mdp).counted) } : {}
}

/** Steps until the next averaging. Independent learners stop only to be measured, and at every step of a schedule. */
function nextRound(algorithm: AlgorithmSpec, step: number, due: number): number {
  const left = algorithm.steps - step
  if (algorithm.name !== 'q-learning') return Math.min(algorithm.syncPeriod, left)
  return typeof algorithm.stepSize === 'number' ? Math.min(due - step, left) : 1
}

/** Whole rounds to carry out at once: until rows are due, at most `most`, and no longer than a breath. */
const roundsUntil = (steps: number, length: number, most: number, agents: number): number =>
  Math.max(1, Math.min(Math.ceil(steps / length), most, Math.floor(BREATH / (length * agents))))

function alivePairs({ model, states, actions }: Problem): number {
  const terminals = model?.mdp.terminal.reduce((sum, flag) => sum + flag, 0) ?? 0
  return (states - terminals) * actions
}

function notesOf(algorithm: AlgorithmSpec, problem: Problem): string[] {
  if (algorithm.name === 'q-learning') return []
  const { steps, syncPeriod } = algorithm
  const notes: string[] = []
  const rest = steps % syncPeriod
  if (rest !== 0) {
    notes.push(
      `The last round has ${rest} steps: ${steps} steps are no multiple of the sync period ${syncPeriod}.`,
    )
  }
  if (syncPeriod === 1 && algorithm.name === 'fed-asyn-q') {
    notes.push(
      'With a sync period of 1 every update tells the one state and action it changed: what an agent did can be read from it.',
    )
  }
  if (problem.experience.kind === 'logs' && problem.model === null) {
    notes.push('No model is known: nothing here is compared with the truth.')
  }
  return notes
}

/** Lets timers, messages and the wish to stop through. */
async function pause(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve)
  })
  if (signal?.aborted === true) throw new Interrupted('interrupted')
}
