/** Simulates a batch on the kernel: rounds, rows at the times asked for, and the final tables. */
import type { KernelProblem, KernelRun, Lane } from '../kernel.ts'
import { startKernel } from '../kernel/start.ts'
import { stepSizeAt } from '../numeric/step-size.ts'
import { Interrupted } from './errors.ts'
import { evaluator } from './evaluator.ts'
import type { AlgorithmSpec } from './experiment.ts'
import { drawAlike, kernelProblem, samplesOfStep, type LaneInput } from './kernel-problem.ts'
import { notesOf } from './notes.ts'
import { rowRecorder, rowsOfColumns, type RowColumns, type RowsOf } from './row-columns.ts'
import type { Finished, Problem } from './simulation.ts'
import { traffic } from './traffic.ts'

/** Agent-steps between two looks at the outside (progress, the wish to stop): some hundredths of a second. */
const BREATH = 2_000_000

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
  const trials = lanes.flatMap(({ variant }) => seeds.map((seed) => ({ variant, seed })))
  const finished = await simulateInColumns(lanes, seeds, options)
  return finished.map((one, i) => ({ ...one, rows: rowsOfColumns(trials[i] as RowsOf, one.rows) }))
}

/** {@link simulate} with the rows in columns. */
export async function simulateInColumns(
  lanes: readonly LaneInput[],
  seeds: readonly number[],
  options: SimulateOptions = {},
): Promise<Finished<RowColumns>[]> {
  const [first, second] = lanes
  if (first === undefined) return []
  if (second !== undefined && !first.problems.every((problem, i) => drawAlike(problem, second.problems[i]))) {
    const apart = lanes.map((lane) => simulateInColumns([lane], seeds, options))
    return (await Promise.all(apart)).flat()
  }
  return simulateTogether([first, ...lanes.slice(1)], seeds, options)
}

async function simulateTogether(
  lanes: readonly [LaneInput, ...LaneInput[]],
  seeds: readonly number[],
  options: SimulateOptions,
): Promise<Finished<RowColumns>[]> {
  const [{ settings, problems }] = lanes
  const { algorithm, evaluate } = settings
  const kernel = kernelProblem(lanes, seeds)
  const run = await startKernel(kernel)
  const trials = lanes.flatMap((lane, l) => seeds.map((_, member) => trialOf(lane, l, member, kernel, run)))
  const together = kernel.agents * trials.length
  const constant = lanes.every((lane) => typeof lane.settings.algorithm.stepSize === 'number')
  const steady = constant && !trials.some(({ countsBytes }) => countsBytes)
  const stepSizesAt = (step: number): number[] =>
    lanes.map(({ settings: own }, l) =>
      stepSizeAt(own.algorithm.stepSize, step, (kernel.lanes[l] as Lane).discount),
    )
  let stepSizes = stepSizesAt(0)
  const stopwatch = startStopwatch(options.cpuSeconds)
  let [step, round, breath] = [0, 0, BREATH]
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
    if (!constant) stepSizes = stepSizesAt(step)
    stopwatch.begin(rounds * length * together)
    run.advance(rounds, length, stepSizes)
    stopwatch.end()
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
  const kernelCpuSeconds = stopwatch.cpuSeconds() / trials.length
  return trials.map((trial) => ({
    ...trial.result(),
    notes,
    agentSteps: algorithm.steps * kernel.agents,
    kernelCpuSeconds,
  }))
}

/** Of calls of the kernel with fewer agent-steps than this, one in so many is timed: a look at the clock would cost some per cent of them. */
const SHORT = 20_000
const TIMED = 8

/**
 * Measures the kernel's CPU time: its share of the wall time of the batch, times the CPU time of the batch. The clock of CPU time is read
 * twice in all, for it costs as much as a round of the kernel.
 */
function startStopwatch(cpuClock: (() => number) | undefined) {
  const now = cpuClock === undefined ? () => 0 : () => performance.now()
  const [cpuBefore, wallBefore] = [cpuClock?.() ?? 0, now()]
  const long = { calls: 0, timed: 0, time: 0 }
  const short = { calls: 0, timed: 0, time: 0 }
  let [kind, since] = [long, NaN]
  return {
    begin(agentSteps: number): void {
      // The first call may draw tables for all agents, so that it is not like others.
      kind = agentSteps < SHORT && long.calls > 0 ? short : long
      since = kind === long || short.calls % TIMED === 0 ? now() : NaN
    },
    end(): void {
      kind.calls++
      if (Number.isNaN(since)) return
      kind.timed++
      kind.time += now() - since
    },
    cpuSeconds(): number {
      const wall = now() - wallBefore
      const inside = long.time + (short.time * short.calls) / Math.max(1, short.timed)
      return wall > 0 ? ((cpuClock?.() ?? 0) - cpuBefore) * (inside / wall) : 0
    },
  }
}

/** Rows and costs of one trial of the batch. */
function trialOf(
  { settings: { algorithm, evaluate }, problems }: LaneInput,
  lane: number,
  member: number,
  { agents, states, actions }: KernelProblem,
  run: KernelRun,
) {
  const problem = problems[member] as Problem
  const measure = evaluator(problem.model?.mdp ?? null)
  const bytesOf = traffic({ algorithm, entries: states * actions })
  const samplesPerStep = agents * samplesOfStep(algorithm, problem)
  const countsBytes = evaluate.metrics.includes('bytes')
  const measured = { distance: () => run.distance(member, lane), table: () => run.table(member, lane) }
  const { add, columns } = rowRecorder(evaluate.metrics)
  let bytes = 0
  return {
    countsBytes,
    account(round: number, step: number, length: number): void {
      if (countsBytes) bytes += bytesOf(round, step, length, run.reported(member))
    },
    evaluate(round: number, step: number): void {
      const cost = { samples: step * samplesPerStep, rounds: round, bytes }
      evaluate.metrics.forEach((metric, i) => add(round, step, i, measure(metric, measured, cost)))
    },
    result() {
      const alone = algorithm.name === 'q-learning' ? [agents] : []
      return { rows: columns(), q: run.table(member, lane), shape: [...alone, states, actions] }
    },
  }
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

/** Lets timers, messages and the wish to stop through. */
async function pause(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve)
  })
  if (signal?.aborted === true) throw new Interrupted('interrupted')
}
