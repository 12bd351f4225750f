/** `fedrl show`: what a run found, or how to finish it. */
import { join } from 'node:path'
import { countParts } from '../experiment/parts.ts'
import { readTraffic, type NamedTraffic } from '../experiment/federated/traffic-file.ts'
import { describeBytes } from '../experiment/progress.ts'
import { FEDERATION, isFederation, readRun, type RunState } from '../experiment/run-folder.ts'
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
  const federation = await federationIn(run)
  const results =
    summary === null
      ? {}
      : { agentSteps: summary.agentSteps, variants: summary.variants, report: join(run, 'report.html') }
  const live = await isFederation(run)
  const told = federation === null ? {} : { federation }
  io.result({ ...document, ...told, ...results }, () =>
    [
      heading(manifest),
      ...(federation === null ? [] : [federationText(run, federation)]),
      summary === null ? unfinished(run, trials, total, live) : finished(run, summary),
    ].join('\n\n'),
  )
}

/** What a federation came to, as far as it is written down: at the end of a run, and whenever its server stops. */
interface FederationTold {
  readonly agents: number
  readonly sessions: number
  readonly receivedBytes: number
  readonly sentBytes: number
  readonly refused: number
}

/** Null where the run is no federation, or its server has not stopped yet. */
async function federationIn(run: string): Promise<FederationTold | null> {
  const agents = await readTraffic(run)
  if (agents.length === 0) return null
  const sum = (of: (one: NamedTraffic) => number): number => agents.reduce((all, one) => all + of(one), 0)
  return {
    agents: agents.length,
    sessions: sum(({ sessions }) => sessions),
    receivedBytes: sum(({ receivedBytes }) => receivedBytes),
    sentBytes: sum(({ sentBytes }) => sentBytes),
    refused: sum(({ updates }) => updates.refused),
  }
}

const federationText = (
  run: string,
  { agents, sessions, receivedBytes, sentBytes, refused }: FederationTold,
): string =>
  `a federation of ${agents} agents in ${sessions} sessions: ${describeBytes(receivedBytes)} received, ${describeBytes(sentBytes)} sent, ${refused} updates refused; by agent in ${join(run, FEDERATION)}`

const heading = ({ name, fedrl, variants, seeds, experiment }: RunState['manifest']): string =>
  `${name}: ${variants.length} variants x ${seeds.length} seeds, by fedrl ${fedrl}\nexperiment.yaml: sha256 ${experiment}`

const unfinished = (run: string, trials: number, total: number, live: boolean): string =>
  `unfinished: ${trials} of ${total} trials are done; to finish: ${live ? 'the command that began it' : `fedrl run --resume ${run}`}`

const finished = (run: string, { variants }: Summary): string =>
  [resultsTable(variants), notesText(variants), `report: ${join(run, 'report.html')}`]
    .filter((part) => part !== '')
    .join('\n\n')
