/** `fedrl plan`: what theory asks of an experiment (eta, tau, T, rounds, bytes) beside what its file says. Advice only. */
import { adviceOn, rewardWidth, theoremOf, theoryInput } from '../experiment/advice.ts'
import { InputError } from '../experiment/errors.ts'
import type { AlgorithmSpec } from '../experiment/experiment.ts'
import type { Coverage } from '../mdp/coverage.ts'
import {
  theorem1,
  theorem2,
  theorem3,
  type Constants,
  type Demand,
  type TheoryInput,
  type Version,
} from '../mdp/theory.ts'
import { PRIOR_ART, type PriorArt } from '../mdp/theory/prior-art.ts'
import { taskBytes, updateBytes } from '../protocol/q-codec.ts'
import { choose, coverageOfChosen, type Chosen, type ChosenFlags } from './chosen.ts'
import type { Io } from './io.ts'
import { alignColumns } from './results-table.ts'

/** Flags, as given. */
export interface PlanFlags extends ChosenFlags {
  readonly epsilon?: string
  readonly delta?: string
  readonly bound?: string
  readonly cT?: string
  readonly cEta?: string
}

function inRange(
  flag: string,
  given: string | undefined,
  range: string,
  within: (value: number) => boolean,
): number {
  const value = given === undefined || given.trim() === '' ? NaN : Number(given)
  if (!within(value)) throw new InputError(flag, `expected ${range}, got ${given ?? 'none'}`)
  return value
}

const constantOf = (flag: string, given = '1'): number =>
  inRange(flag, given, 'a finite number above 0', (value) => value > 0 && value < Infinity)

function versionOf(given = 'jmlr'): Version {
  if (given === 'jmlr' || given === 'icml') return given
  throw new InputError('--bound', `expected jmlr or icml, got ${given}`)
}

/** A number of any size in four figures. */
function figure(value: number | null): string {
  if (value === null) return '-'
  if (value === Infinity) return 'infinite'
  return value >= 1e6 ? value.toExponential(2) : String(Number(value.toPrecision(4)))
}

/** Most bytes of one averaging, both ways: full tables down; up, no more entries than a round of `period` steps can touch. */
function roundBytes(input: TheoryInput, theorem: 1 | 2 | 3, rounds: number, period: number): number {
  const entries = input.states * input.actions
  const dense = theorem === 1
  const count = dense ? entries : Math.min(entries, period)
  const parts = { entries: !dense, visits: theorem === 3 }
  const steps = rounds * period
  return (
    input.agents *
    (taskBytes(rounds, steps, period, entries) + updateBytes(input.agents - 1, rounds, count, parts))
  )
}

function demandDocument(input: TheoryInput, demand: Demand) {
  const period =
    demand.steps === null || demand.rounds === null
      ? null
      : Math.min(demand.steps, Math.floor(demand.syncPeriod?.high ?? 0))
  const bytes =
    period === null || demand.rounds === null
      ? null
      : demand.rounds * roundBytes(input, demand.theorem, demand.rounds, period)
  return { ...demand, bytes }
}

function fileDocument(input: TheoryInput, algorithm: AlgorithmSpec) {
  const theorem = theoremOf(algorithm)
  const { steps, stepSize } = algorithm
  if (theorem === null || algorithm.name === 'q-learning')
    return { theorem, stepSize, syncPeriod: null, steps, rounds: 0, bytes: 0 }
  const { syncPeriod } = algorithm
  const rounds = Math.ceil(steps / syncPeriod)
  return {
    theorem,
    stepSize,
    syncPeriod,
    steps,
    rounds,
    bytes: rounds * roundBytes(input, theorem, rounds, Math.min(syncPeriod, steps)),
  }
}

function adviceFor(input: TheoryInput, algorithm: AlgorithmSpec, demands: readonly Demand[]): string[] {
  const demand = demands.find(({ theorem }) => theorem === theoremOf(algorithm))
  return demand === undefined
    ? ['The file averages nothing (q-learning): the theorems are about federated learners.']
    : adviceOn(algorithm, input, demand)
}

function notesOf({ problem }: Chosen, covered: Coverage, constants: Constants): string[] {
  const notes = [
    `The theorems hold for some constants that nobody knows; here c_T = ${constants.cT} and c_eta = ${constants.cEta}. Compare the numbers with one another, not with a clock.`,
  ]
  if (covered.empirical)
    notes.push('Coverage is from the logs; mixing times, and what depends on them, need a model.')
  const width = rewardWidth(problem.rewardRange)
  if (width !== 1)
    notes.push(
      `The theorems are about rewards in [0, 1]; epsilon was divided by ${figure(width)}, the width of the file's rewards.`,
    )
  return notes
}

const priorDocument = (row: PriorArt, input: TheoryInput) => {
  const { reference, sampling, agents, coverage, formula, slidesOnly } = row
  const samples = row.samples(input)
  const why =
    samples === null ? 'an input is not known' : samples === Infinity ? 'infinite, or beyond 1e308' : null
  return {
    reference,
    sampling,
    agents,
    coverage,
    formula,
    slidesOnly,
    samples,
    ...(why === null ? {} : { why }),
  }
}

/** Carries the command out. */
export async function plan(file: string, options: PlanFlags, io: Io): Promise<void> {
  const version = versionOf(options.bound)
  const constants = { cT: constantOf('--c-t', options.cT), cEta: constantOf('--c-eta', options.cEta) }
  const delta = inRange(
    '--delta',
    options.delta ?? '0.05',
    'a number in (0, 1)',
    (value) => value > 0 && value < 1,
  )
  const chosen = await choose(file, options)
  const width = rewardWidth(chosen.problem.rewardRange)
  const most = width / (1 - chosen.problem.discount)
  const range = `a number in (0, ${figure(most)}]`
  const epsilon = inRange('--epsilon', options.epsilon, range, (value) => value > 0 && value <= most)
  const covered = coverageOfChosen(chosen)
  const input = theoryInput(chosen.problem, covered, { epsilon: epsilon / width, delta })
  const { algorithm } = chosen.variant.settings
  const demands = [
    theorem1(input, constants),
    theorem2(input, constants, version),
    theorem3(input, constants),
  ]
  const { muMin, muAvg, cHet, mixingTime } = covered
  const document = {
    experiment: chosen.name,
    variant: chosen.variant.name,
    seed: chosen.seed,
    epsilon,
    delta,
    version,
    constants,
    coverage: { muMin, muAvg, cHet, mixingTime, empirical: covered.empirical },
    file: fileDocument(input, algorithm),
    theorems: demands.map((demand) => demandDocument(input, demand)),
    priorArt: PRIOR_ART.map((row) => priorDocument(row, input)),
    advice: adviceFor(input, algorithm, demands),
    notes: notesOf(chosen, covered, constants),
  }
  io.result(document, () => textOf(document))
}

type Document = {
  readonly experiment: string
  readonly variant: string
  readonly seed: number
  readonly epsilon: number
  readonly delta: number
  readonly file: ReturnType<typeof fileDocument>
  readonly theorems: readonly ReturnType<typeof demandDocument>[]
  readonly priorArt: readonly ReturnType<typeof priorDocument>[]
  readonly advice: readonly string[]
  readonly notes: readonly string[]
}

const rangeText = (range: Demand['syncPeriod']): string => {
  if (range === null) return '-'
  if (range.low > range.high) return `none: ${figure(range.low)} > ${figure(range.high)}`
  return range.low > 1 ? `${figure(range.low)} to ${figure(range.high)}` : `up to ${figure(range.high)}`
}

function demandTable({ theorems, file }: Document): string {
  const size = typeof file.stepSize === 'number' ? figure(file.stepSize) : 'schedule'
  const own = [
    'the file',
    size,
    figure(file.syncPeriod),
    figure(file.steps),
    '',
    figure(file.rounds),
    figure(file.bytes),
  ]
  const rows = theorems.map((row) => [
    `Theorem ${row.theorem} (${row.algorithm})`,
    figure(row.stepSize),
    rangeText(row.syncPeriod),
    figure(row.steps),
    figure(row.samplesPerAgent),
    figure(row.rounds),
    figure(row.bytes),
  ])
  return alignColumns([
    ['', 'eta', 'tau', 'T', 'samples per agent', 'rounds', 'bytes, at most'],
    own,
    ...rows,
  ])
}

function priorTable({ priorArt }: Document): string {
  const rows = priorArt.map(({ reference, sampling, agents, coverage, formula, samples }) => [
    reference,
    sampling,
    agents,
    coverage,
    formula,
    samples === null ? 'not known' : figure(samples),
  ])
  return alignColumns([
    ['bound (no constants, logarithms, burn-in)', 'sampling', 'agents', 'coverage', 'samples per agent', ''],
    ...rows,
  ])
}

function textOf(document: Document): string {
  const { experiment, variant, seed, epsilon, delta, advice, notes } = document
  const head = `${experiment}: variant ${variant}, seed ${seed}; |Q - Q*| <= ${epsilon} with probability ${figure(1 - delta)}`
  return [head, demandTable(document), advice.join('\n'), priorTable(document), notes.join('\n')].join('\n\n')
}
