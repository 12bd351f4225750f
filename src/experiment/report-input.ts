/** What the report of a run is made from: its rows and models, and beside them what is known of its problems. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Coverage } from '../mdp/coverage.ts'
import { greedyActions } from '../mdp/greedy.ts'
import { theorem1, theorem2, theorem3 } from '../mdp/theory.ts'
import { adviceOn, coverageOf, rewardWidth, theoremOf, theoryInput } from './advice.ts'
import { federationReport } from './federated/federation-report.ts'
import { isPolicyGradient, isQLearning, type Experiment, type QSettings } from './experiment.ts'
import { outcomesOf } from './memory.ts'
import { modelPath } from './parts.ts'
import { isFiniteSpec } from './policy-gradient/settings-kind.ts'
import type { PgSettings } from './policy-gradient/spec.ts'
import { firstProblems, problemKey } from './problems.ts'
import { readSamples } from './read-rows.ts'
import type { Advice, ReportInput, ReportVariant, TheorySlope } from './report/input.ts'
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

/** What the report's advice asks theory for: an error of a tenth of the largest value, with probability 1 - delta. */
const ACCURACY = 0.1
const DELTA = 0.05

/** A report does not wait for more than this: multiplications for mixing times, outcomes of all distinct behaviours together. */
const MIXING_WORK = 1e8
const MOST_OUTCOMES = 2e6

/** Whether coverage would take long, or even the building of the problem. `fedrl coverage` computes it whatever it takes. */
const isLarge = (settings: QSettings): boolean => (outcomesOf(settings) ?? 0) > MOST_OUTCOMES

/** The same of a problem that is built: only now are the sizes of an Mdp file and the pairs of logs known. */
function isLargeBuilt({ states, actions, model, experience }: Problem): boolean {
  if (experience.kind === 'logs') return states * actions * experience.logs.length > MOST_OUTCOMES
  const behaviors = experience.kind === 'own' ? 0 : experience.behaviors.tables.length
  return (model?.mdp.next.length ?? 0) * behaviors > MOST_OUTCOMES
}

const LARGE_NOTE = `Coverage is left out here, for the problem is large; it takes: fedrl coverage ${EXPERIMENT}`

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
  const small = experiment.variants.filter(isQLearning).filter(({ settings }) => !isLarge(settings))
  for await (const [key, problem] of firstProblems({ ...experiment, variants: small }))
    known.set(key, {
      problem,
      coverage: isLargeBuilt(problem) ? null : coverageOf(problem, MIXING_WORK),
    })
  const variants: ReportVariant[] = []
  for (const variant of summary.variants) {
    const { settings } = variant
    if (isPolicyGradient(settings)) {
      variants.push(await pgVariantOf({ ...variant, settings }, experiment))
      continue
    }
    const about = known.get(problemKey(settings))
    variants.push(
      about === undefined
        ? plainVariant(variant, LARGE_NOTE)
        : await variantOf(folder, { ...variant, settings }, about, summary.seeds[0] ?? 0),
    )
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
    ...wordsOfKind(experiment),
    slopes: slopesOf(experiment),
    notes: [],
    claim: null,
    federation: await federationReport(folder, experiment),
    experiment: await readFile(join(folder, EXPERIMENT), 'utf8'),
  }
}

async function variantOf(
  folder: string,
  variant: VariantSummary & { readonly settings: QSettings },
  { problem, coverage: covered }: Known,
  seed: number,
): Promise<ReportVariant> {
  return {
    name: variant.name,
    assignment: variant.assignment,
    coverage: covered,
    ...(await learnedOf(modelPath(folder, { variant: variant.name, seed }), problem)),
    advice: covered === null ? null : adviceOf(variant.settings, problem, covered),
    optimum: null,
    notes: isLargeBuilt(problem) ? [...variant.notes, LARGE_NOTE] : variant.notes,
  }
}

const plainVariant = (
  { name, assignment, notes }: VariantSummary,
  ...more: readonly string[]
): ReportVariant => ({
  name,
  assignment,
  coverage: null,
  policy: null,
  learned: null,
  advice: null,
  optimum: null,
  notes: [...notes, ...more],
})

/** A variant of policy gradients: the optimum and theory's step sizes for the problem of the first seed. */
async function pgVariantOf(
  variant: VariantSummary & { readonly settings: PgSettings },
  { seeds, folder }: Experiment,
): Promise<ReportVariant> {
  const [{ optimumOf, pgAdvice }, { buildPgProblem }] = await Promise.all([
    import('./policy-gradient/advice.ts'),
    import('./policy-gradient/problem.ts'),
  ])
  const { settings } = variant
  const problem = await buildPgProblem(settings, seeds[0] ?? 0, folder)
  const { sentences } = pgAdvice(settings, problem, seeds[0] ?? 0)
  return {
    ...plainVariant(variant),
    optimum: problem.truth === null ? null : optimumOf(problem.truth, settings.algorithm.entropy),
    advice: sentences.length === 0 ? null : { asked: PG_ASKED, sentences },
  }
}

const PG_ASKED = 'For the problem of the first seed, with rewards to be maximised:'

/** How the report of this kind of experiment speaks of truth and of steps. */
function wordsOfKind({ variants }: Experiment): Pick<ReportInput, 'truth' | 'stepName'> {
  const gradients = variants.filter((variant) => !isQLearning(variant))
  if (gradients.length < variants.length) return { truth: null, stepName: 'steps per agent, T' }
  const known = gradients.every(
    ({ settings }) => isPolicyGradient(settings) && isFiniteSpec(settings.environment),
  )
  return {
    truth: known
      ? 'J, J* and gradient norms are exact: linear systems are solved for them, whatever the algorithm samples.'
      : 'No model is known: returns are means over seeded evaluation episodes.',
    stepName: 'local steps per agent',
  }
}

/** Larger tables are not printed: nobody reads them. */
const MOST_STATES = 24
const MOST_ACTIONS = 8

/** What was learned, of the first agent where learners are independent: a picture on a grid world, else a table if it is small. */
async function learnedOf(path: string, problem: Problem): Promise<Pick<ReportVariant, 'policy' | 'learned'>> {
  const { states, actions, model } = problem
  const small = states <= MOST_STATES && actions <= MOST_ACTIONS
  if (model?.grid === undefined && !small) return { policy: null, learned: null }
  const file = decodeSafetensors(await readFile(path))
  const q = file.ok ? file.value.tensors['q']?.data.subarray(0, states * actions) : undefined
  if (q === undefined) return { policy: null, learned: null }
  const terminal = model?.mdp.terminal ?? null
  if (model?.grid === undefined) return { policy: null, learned: { states, actions, q, terminal } }
  return {
    policy: { grid: model.grid, action: greedyActions(model.mdp, q), terminal: model.mdp.terminal },
    learned: null,
  }
}

const THEOREMS = { 1: theorem1, 2: theorem2, 3: theorem3 } as const

function adviceOf({ algorithm }: QSettings, problem: Problem, covered: Coverage): Advice | null {
  const theorem = theoremOf(algorithm)
  if (theorem === null) return null
  const epsilon = ACCURACY / (1 - problem.discount)
  const input = theoryInput(problem, covered, { epsilon, delta: DELTA })
  const error = Number((epsilon * rewardWidth(problem.rewardRange)).toPrecision(4))
  const asked = `Asked for an error of at most ${error} with probability ${1 - DELTA}, with all unknown constants taken as 1:`
  return { asked, sentences: adviceOn(algorithm, input, THEOREMS[theorem](input)) }
}

/** Metrics that are distances to Q*: with an eta chosen for each T, the theorems make them fall with the square root of T. */
const DISTANCES = ['error', 'normalizedError', 'rmse']

function slopesOf({ variants }: Experiment): TheorySlope[] {
  const federated = variants.some(
    (variant) => isQLearning(variant) && variant.settings.algorithm.name !== 'q-learning',
  )
  if (!federated) return []
  return DISTANCES.map((metric) => ({
    metric,
    name: 'T^-1/2: theory, if eta were chosen anew for each T (Theorems 1-3)',
    exponent: -0.5,
  }))
}
