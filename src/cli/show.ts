/** `fedrl show`: what a run found, or how to finish it. */
import { join } from 'node:path'
import { countParts } from '../experiment/parts.ts'
import { readRun, type RunState } from '../experiment/run-folder.ts'
import type { Summary } from '../experiment/summary.ts'
import type { Io } from './io.ts'
import { notesText, resultsTable } from './results-table.ts'

/** Carries the command out. */
export async function show(run: string, _flags: { readonly json?: boolean }, io: Io): Promise<void> {
  const { manifest, summary } = await readRun(run)
  const total = manifest.variants.length * manifest.seeds.length
  const trials = summary === null ? await countParts(run) : total
  const { name, fedrl, experiment, inputs, seeds } = manifest
  const document = {
    run,
    name,
    finished: summary !== null,
    trials,
    of: total,
    fedrl,
    experiment,
    inputs,
    seeds,
  }
  const results =
    summary === null
      ? {}
      : { agentSteps: summary.agentSteps, variants: summary.variants, report: join(run, 'report.html') }
  io.result({ ...document, ...results }, () =>
    [heading(manifest), summary === null ? unfinished(run, trials, total) : finished(run, summary)].join(
      '\n\n',
    ),
  )
}

const heading = ({ name, fedrl, variants, seeds, experiment }: RunState['manifest']): string =>
  `${name}: ${variants.length} variants x ${seeds.length} seeds, by fedrl ${fedrl}\nexperiment.yaml: sha256 ${experiment}`

const unfinished = (run: string, trials: number, total: number): string =>
  `unfinished: ${trials} of ${total} trials are done; to finish: fedrl run --resume ${run}`

const finished = (run: string, { variants }: Summary): string =>
  [resultsTable(variants), notesText(variants), `report: ${join(run, 'report.html')}`]
    .filter((part) => part !== '')
    .join('\n\n')
