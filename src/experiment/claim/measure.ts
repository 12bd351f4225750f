/**
 * Carries out the parts of a claim. A part is a run with a folder of its own; frozen draws, which are many and small, are carried out
 * in memory, and only what they measured is kept.
 */
import { createReadStream } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { coverage } from '../../mdp/coverage.ts'
import type { Row } from '../../metrics/row.ts'
import { gather } from '../../metrics/samples.ts'
import { batchesOf } from '../batch.ts'
import type { Measured } from '../claim.ts'
import { usualExecutor } from '../executor/usual.ts'
import { isPolicyGradient, type Experiment } from '../experiment.ts'
import { buildProblem } from '../problem.ts'
import type { Progress } from '../progress.ts'
import { decodeRows, ROWS_HEADER } from '../rows-csv.ts'
import { ROWS } from '../run-folder.ts'
import { run } from '../run.ts'
import { startTally } from '../tally.ts'
import { trialsOf, type Product } from '../trial.ts'
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
 */
export async function measurePart(
  { part, experiment }: PlannedPart,
  folder: string,
  options: MeasureOptions,
): Promise<PartResult> {
  if (part.draws !== undefined) return inMemory(experiment, options)
  const result = await run(experiment, { ...options, out: join(folder, part.name) })
  const rows: Row[] = []
  for await (const batch of decodeRows(
    createReadStream(join(result.folder, ROWS)) as AsyncIterable<Uint8Array>,
  )) {
    for (const row of batch) rows.push(row)
  }
  if (part.coverage === true) for (const row of await coverageRows(experiment)) rows.push(row)
  const notes = [...new Set(result.summary.variants.flatMap((variant) => variant.notes))]
  return {
    measured: { variants: experiment.variants, samples: gather(rows) },
    agentSteps: result.summary.agentSteps,
    notes,
  }
}

async function inMemory(
  experiment: Experiment,
  { threads, signal, onProgress }: MeasureOptions,
): Promise<PartResult> {
  const tally = startTally(experiment, [], onProgress)
  const rows = new Map<string, Row[]>()
  const key = (variant: string, seed: number): string => `${variant} ${seed}`
  const executor = usualExecutor(experiment.folder, threads)
  await executor.execute(
    batchesOf(experiment, () => true, threads ?? availableParallelism()),
    {
      ...(signal && { signal }),
      onProgress: tally.advance,
      onFinished: async (trial, product) => {
        rows.set(key(trial.variant, trial.seed), await rowsOf(product))
        tally.finish(trial)
      },
    },
  )
  // Trials finish in any order; what is judged must not depend on it.
  const ordered = [...trialsOf(experiment)].flatMap(({ variant, seed }) => rows.get(key(variant, seed)) ?? [])
  return {
    measured: { variants: experiment.variants, samples: gather(ordered) },
    agentSteps: tally.now().stepsDone,
    notes: [],
  }
}

/** The rows of a part as it is written: a line of JSON, then rows without their header. */
async function rowsOf({ part }: Product): Promise<Row[]> {
  const header = new TextEncoder().encode(`${ROWS_HEADER}\n`)
  const rows: Row[] = []
  for await (const batch of decodeRows([header, part.subarray(part.indexOf(10) + 1)])) rows.push(...batch)
  return rows
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
