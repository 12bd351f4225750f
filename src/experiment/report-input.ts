/** What the report of a run is made from: its rows and models, and beside them what is known of its problems. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { coverage, logCoverage, type Coverage } from '../mdp/coverage.ts'
import { greedyActions } from '../mdp/greedy.ts'
import { theorem1, theorem2, theorem3, type Demand, type TheoryInput } from '../mdp/theory.ts'
import { check } from '../mdp/theory/check.ts'
import type { AlgorithmSpec, Experiment, Settings } from './experiment.ts'
import { modelPath } from './parts.ts'
import { firstProblems, problemKey } from './problems.ts'
import { readSamples } from './read-rows.ts'
import type { ReportInput, ReportVariant, TheorySlope } from './report.ts'
import { EXPERIMENT } from './run-folder.ts'
import { decodeSafetensors } from './safetensors.ts'
import type { Problem } from './simulation.ts'
import type { Summary, VariantSummary } from './summary.ts'

/** A run whose rows and models are written. */
export interface Measured {
  readonly experiment: Experiment
  readonly summary: Summary
  /** max |Q* - the table that stands for it| over all trials; null where a model is not known */
  readonly bound: number | null
}

/** Longest mixing time that is looked for, agent steps. */
const MIXING_TIME_CAP = 1_000_000

/** What the report's advice asks theory for: an error of a tenth of the largest value, with probability 1 - delta. */
const ACCURACY = 0.1
const DELTA = 0.05

/** What is known of a problem. */
interface Known {
  readonly problem: Problem
  readonly coverage: Coverage | null
}

/** The report's input for the run in `folder`. */
export async function reportInputOf(
  folder: string,
  { experiment, summary, bound }: Measured,
): Promise<ReportInput> {
  const known = new Map<string, Known>()
  for await (const [key, problem] of firstProblems(experiment))
    known.set(key, { problem, coverage: coverageOf(problem) })
  const variants: ReportVariant[] = []
  for (const variant of summary.variants) {
    const about = known.get(problemKey(variant.settings))
    if (about !== undefined) variants.push(await variantOf(folder, variant, about, summary.seeds[0] ?? 0))
  }
  return {
    name: experiment.name,
    version: summary.fedrl,
    hashes: { [EXPERIMENT]: summary.experiment },
    command: `fedrl run ${EXPERIMENT}`,
    seeds: summary.seeds,
    variants,
    samples: await readSamples(folder),
    residual: bound,
    slopes: slopesOf(experiment),
    notes: [],
    claim: null,
    experiment: await readFile(join(folder, EXPERIMENT), 'utf8'),
  }
}

function coverageOf({ states, actions, model, experience }: Problem): Coverage | null {
  if (experience.kind === 'logs') return logCoverage(experience.logs, states, actions, model?.mdp.terminal)
  return model === null ? null : coverage(model.mdp, experience.behaviors, { mixingTimeCap: MIXING_TIME_CAP })
}

async function variantOf(
  folder: string,
  variant: VariantSummary,
  { problem, coverage: covered }: Known,
  seed: number,
): Promise<ReportVariant> {
  return {
    name: variant.name,
    assignment: variant.assignment,
    coverage: covered,
    policy: await policyOf(modelPath(folder, { variant: variant.name, seed }), problem),
    advice: covered === null ? [] : adviceOf(variant.settings, problem, covered),
    notes: variant.notes,
  }
}

/** The greedy policy on a grid world, of the first agent where learners are independent. */
async function policyOf(path: string, { model }: Problem): Promise<ReportVariant['policy']> {
  if (model?.grid === undefined) return null
  const file = decodeSafetensors(await readFile(path))
  const q = file.ok ? file.value.tensors['q'] : undefined
  if (q === undefined) return null
  const action = greedyActions(model.mdp, q.data.subarray(0, model.mdp.states * model.mdp.actions))
  return { grid: model.grid, action, terminal: model.mdp.terminal }
}

const demandOf = (algorithm: AlgorithmSpec, input: TheoryInput): Demand | null => {
  if (algorithm.name === 'q-learning') return null
  if (algorithm.name === 'fed-syn-q') return theorem1(input)
  return algorithm.averaging === 'equal' ? theorem2(input) : theorem3(input)
}

/** Theorems take rewards in [0, 1]: a problem of width w has the error of one of width 1, times w. */
const rewardWidth = ([low, high]: Problem['rewardRange']): number =>
  low >= 0 && high <= 1 ? 1 : Math.max(high, 0) - Math.min(low, 0)

function adviceOf({ algorithm }: Settings, problem: Problem, covered: Coverage): string[] {
  const { states, actions, discount, rewardRange } = problem
  const epsilon = ACCURACY / (1 - discount)
  const input: TheoryInput = {
    states,
    actions,
    discount,
    epsilon,
    delta: DELTA,
    agents: covered.agents.length,
    coverage: covered,
  }
  const demand = demandOf(algorithm, input)
  if (demand === null || algorithm.name === 'q-learning') return []
  const { stepSize, syncPeriod, steps } = algorithm
  const sentences = check(demand, input, {
    stepSize: typeof stepSize === 'number' ? stepSize : null,
    syncPeriod,
    steps,
  })
  const error = Number((epsilon * rewardWidth(rewardRange)).toPrecision(4))
  const asked = `Asked for an error of at most ${error} with probability ${1 - DELTA}, with all unknown constants taken as 1:`
  return [asked, ...sentences, ...demand.missing.map((reason) => `Theorem ${demand.theorem}: ${reason}.`)]
}

/** Metrics that are distances to Q*, which theory makes fall with the square root of T. */
const DISTANCES = ['error', 'normalizedError', 'rmse']

function slopesOf({ variants }: Experiment): TheorySlope[] {
  const federated = variants.some(({ settings }) => settings.algorithm.name !== 'q-learning')
  if (!federated) return []
  return DISTANCES.map((metric) => ({
    metric,
    name: 'theory: T^-1/2, with eta chosen for T (Theorems 1-3)',
    exponent: -0.5,
  }))
}
