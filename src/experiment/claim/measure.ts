/**
 * Carries out the parts of a claim. A part is a run with a folder of its own; frozen draws, which are many and small, are carried out
 * in memory, and only what they measured is kept.
 */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { coverage } from '../../mdp/coverage.ts'
import type { Row } from '../../metrics/row.ts'
import { gather } from '../../metrics/samples.ts'
import { batchesOf, type Batch } from '../batch.ts'
import type { Measured } from '../claim.ts'
import type { Pool } from '../executor/threads.ts'
import { isPolicyGradient, type Experiment } from '../experiment.ts'
import { buildProblem } from '../problem.ts'
import type { Progress } from '../progress.ts'
import { rowsOf } from '../read-rows.ts'
import { rowsOfColumns } from '../row-columns.ts'
import { run } from '../run.ts'
import { startTally } from '../tally.ts'
import { trialsOf } from '../trial.ts'
import { averageGradientRows } from './average-gradient.ts'
import type { PlannedPart } from './plan.ts'

/** How the parts are carried out; none of it changes the results. */
export interface MeasureOptions {
  readonly threads?: number
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: Progress) => void
}

/** A part carried out, and how many agent-steps that took. */
export interface PartResult {
  readonly measured: Measured
  readonly agentSteps: number
  readonly notes: readonly string[]
}

/**
 * Carries out one part.
 * @param folder of the claim's run
 * @param pool carries it out
 */
export async function measurePart(
  { part, experiment }: PlannedPart,
  folder: string,
  pool: Pool,
  options: MeasureOptions,
): Promise<PartResult> {
  if (part.draws !== undefined) return inMemory(experiment, pool, options)
  const executor = pool.executor('products')
  const result = await run(experiment, { ...options, executor, out: join(folder, part.name) })
  const rows: Row[] = []
  for await (const batch of rowsOf(result.folder)) for (const row of batch) rows.push(row)
  if (part.coverage === true) for (const row of await coverageRows(experiment)) rows.push(row)
  if (part.averageGradient === true) for (const row of await averageGradientRows(experiment)) rows.push(row)
  const notes = [...new Set(result.summary.variants.flatMap((variant) => variant.notes))]
  return {
    measured: { variants: experiment.variants, samples: gather(rows) },
    agentSteps: result.summary.agentSteps,
    notes,
  }
}

async function inMemory(
  experiment: Experiment,
  pool: Pool,
  { threads, signal, onProgress }: MeasureOptions,
): Promise<PartResult> {
  const tally = startTally(experiment, [], onProgress)
  const rows = new Map<string, Row[]>()
  const key = (variant: string, seed: number): string => `${variant} ${seed}`
  const batches = batchesOf(experiment, () => true, threads ?? availableParallelism())
  await pool.executor('rows').execute(seedsTogether(batches), {
    ...(signal && { signal }),
    onProgress: tally.advance,
    onFinished: async (trial, columns) => {
      rows.set(key(trial.variant, trial.seed), rowsOfColumns(trial, columns))
      tally.finish(trial)
    },
  })
  // Trials finish in any order; what is judged must not depend on it.
  const ordered = [...trialsOf(experiment)].flatMap(({ variant, seed }) => rows.get(key(variant, seed)) ?? [])
  return {
    measured: { variants: experiment.variants, samples: gather(ordered) },
    agentSteps: tally.now().stepsDone,
    notes: [],
  }
}

/** Seeds of frozen draws that are carried out together. */
const MOST_SEEDS = 16

/** The batches with more seeds each: those of a frozen draw share the problem, which is then made ready for them once. */
function* seedsTogether(batches: Iterable<Batch>): Generator<Batch> {
  let held: Batch = { variants: [], seeds: [] }
  for (const batch of batches) {
    const alike =
      batch.variants.length === held.variants.length &&
      batch.variants.every(({ name }, i) => name === held.variants[i]?.name)
    if (alike && held.seeds.length + batch.seeds.length <= MOST_SEEDS)
      held = { ...held, seeds: [...held.seeds, ...batch.seeds] }
    else {
      if (held.seeds.length > 0) yield held
      held = batch
    }
  }
  if (held.seeds.length > 0) yield held
}

/** `cHet` and `muAvg` of every (variant, seed) whose model is known. */
async function coverageRows(experiment: Experiment): Promise<Row[]> {
  const rows: Row[] = []
  for (const { variant, seed, settings } of trialsOf(experiment)) {
    if (isPolicyGradient(settings)) continue
    const { model, experience } = await buildProblem(settings, seed, experiment.folder)
    if (model === null || experience.kind !== 'behavior') continue
    const { cHet, muAvg } = coverage(model.mdp, experience.behaviors, { mixingTimeCap: 0 })
    const place = { variant, seed, round: 0, step: 0 }
    rows.push({ ...place, metric: 'cHet', value: cHet }, { ...place, metric: 'muAvg', value: muAvg })
  }
  return rows
}
