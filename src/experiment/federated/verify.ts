/** Whether a finished run can be repeated to the last byte: a federation from its record, with agents made again here; a simulation as it was. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { firstDifference, repeatRun } from '../../federation/repeat.ts'
import type { RecordLine } from '../../federation/served-run.ts'
import { Misfit } from '../../server/round-machine/replay.ts'
import { batchesOf } from '../batch.ts'
import { InputError } from '../errors.ts'
import { usualExecutor } from '../executor/usual.ts'
import { agentsOf, isPolicyGradient, type Experiment } from '../experiment.ts'
import { loadExperiment } from '../load.ts'
import { modelPath } from '../parts.ts'
import { EXPERIMENT, FEDERATION, readIfThere, readRun, ROWS } from '../run-folder.ts'
import { encodeProduct, sha256, trialsOf, type Outcome, type Product, type Trial } from '../trial.ts'
import { namesIn } from './disk-store.ts'
import { joinPg } from './pg-agent.ts'
import { carryOutPg } from './pg.ts'
import { joinQ, type Brought } from './q-agent.ts'
import { carryOutQ, type Carrier } from './q.ts'
import { parseLine } from './record.ts'

/** A hash of what a run wrote, and of what its repetition gave; sha256, hex. */
export interface HashPair {
  /** null where it is not there */
  readonly recorded: string | null
  readonly again: string
}

/** What verifying one (variant, seed) came to. */
export interface Verdict {
  readonly variant: string
  readonly seed: number
  /** `unknown`: it cannot be repeated here */
  readonly outcome: 'same' | 'differs' | 'unknown'
  /** why it is unknown, or the first round in which something measured differs; empty otherwise */
  readonly reason: string
  readonly model: HashPair | null
  readonly rows: HashPair | null
}

/** What is needed beside the run folder. */
export interface VerifyOptions {
  /** what the agents learned from, by index, where the experiment does not name it: logs, or modules */
  readonly brought?: readonly Brought[]
  readonly signal?: AbortSignal
}

/**
 * Repeats every (variant, seed) of a finished run, in its order.
 * @param onVerdict told each as it is known
 * @throws InputError where the folder holds no finished run, or `brought` is not one for each agent
 */
export async function verifyRun(
  folder: string,
  { brought = [], signal }: VerifyOptions,
  onVerdict: (verdict: Verdict) => void,
): Promise<void> {
  const { summary } = await readRun(folder)
  if (summary === null)
    throw new InputError(folder, 'expected a finished run, got one that is under way or was stopped')
  const experiment = await loadExperiment(join(folder, EXPERIMENT), { yes: true })
  const rows = await readFile(join(folder, ROWS))
  const compare = (trial: Trial, product: Product): Promise<Omit<Verdict, 'reason'>> =>
    compared(folder, trial, product, rowsOf(rows, trial))
  const path = join(folder, FEDERATION, 'members.json')
  const names = await readIfThere(path)
  if (names === null) {
    if (brought.length > 0)
      throw new InputError('--logs', `does not belong to ${folder}, which was simulated`)
    return verifySimulation(experiment, signal, async (trial, product) =>
      onVerdict({ ...(await compare(trial, product)), reason: '' }),
    )
  }
  const members = namesIn(names, path)
  for (const trial of trialsOf(experiment)) {
    signal?.throwIfAborted()
    onVerdict(await verifyTrial(folder, experiment, trial, brought, members, compare))
  }
}

async function verifySimulation(
  experiment: Experiment,
  signal: AbortSignal | undefined,
  onFinished: (trial: Trial, product: Product) => Promise<void>,
): Promise<void> {
  await usualExecutor(experiment.folder, 1).execute(
    batchesOf(experiment, () => true, 1),
    { onFinished, ...(signal && { signal }) },
  )
}

/** Repeats one (variant, seed) of a federation. */
async function verifyTrial(
  folder: string,
  experiment: Experiment,
  trial: Trial,
  brought: readonly Brought[],
  members: readonly string[],
  compare: (trial: Trial, product: Product) => Promise<Omit<Verdict, 'reason'>>,
): Promise<Verdict> {
  const index = experiment.variants.findIndex(({ name }) => name === trial.variant)
  const record = await readRecord(join(folder, FEDERATION, 'records', `${index}-${trial.seed}.jsonl`))
  if (record === null) return unknown(trial, 'its record is not there, or is damaged')
  const missing = missingOf(trial, brought, members)
  if (missing.length > 0)
    return unknown(
      trial,
      `agents ${missing.join(', ')} brought what they learned from: give it by --logs or --modules`,
    )
  let again: readonly RecordLine[] = []
  const carrier: Carrier = {
    async carryOut(run) {
      const repeated = await repeatRun(run, record, (agent) =>
        agentOf(experiment, trial, agent, brought[agent] ?? {}),
      )
      again = repeated.measured
      return repeated
    },
  }
  try {
    const outcome = await outcomeOf(carrier, experiment, trial, index)
    const verdict = await compare(trial, encodeProduct(trial, outcome))
    const first = verdict.outcome === 'same' ? null : firstDifference(record, again)
    const reason = first === null ? '' : `what was measured differs from round ${first.round + 1} on`
    return { ...verdict, reason }
  } catch (error) {
    if (error instanceof InputError || error instanceof Misfit) return unknown(trial, error.message)
    throw error
  }
}

const unknown = ({ variant, seed }: Trial, reason: string): Verdict => ({
  variant,
  seed,
  outcome: 'unknown',
  reason,
  model: null,
  rows: null,
})

/** Names of agents that brought what is not there. @throws InputError where there is something, but not one for each agent */
function missingOf(trial: Trial, brought: readonly Brought[], members: readonly string[]): string[] {
  const agents = agentsOf(trial.settings)
  const missing = needsOwn(trial) ? namesOf(members, agents).filter((_, agent) => isNothing(brought[agent])) : [] // prettier-ignore
  if (missing.length === 0 && brought.length > 0 && brought.length !== agents)
    throw new InputError('--logs', `expected one for each of the ${agents} agents, got ${brought.length}`)
  return missing
}

/** Whether only the agents had what they learned from. */
const needsOwn = ({ settings: { environment, agents } }: Trial): boolean =>
  'experience' in agents || 'observationSpace' in environment

const isNothing = (brought: Brought | undefined): boolean =>
  brought?.log === undefined && brought?.module === undefined

const namesOf = (members: readonly string[], agents: number): string[] =>
  Array.from({ length: agents }, (_, agent) => members[agent] ?? String(agent))

/** An agent of a trial, made again. */
function agentOf({ folder }: Experiment, { settings, seed }: Trial, agent: number, brought: Brought) {
  const source = { seed, agent, folder, brought }
  return isPolicyGradient(settings) ? joinPg({ ...source, settings }) : joinQ({ ...source, settings })
}

function outcomeOf(
  carrier: Carrier,
  { folder, participation = {} }: Experiment,
  trial: Trial,
  index: number,
): Promise<Outcome> {
  const { settings } = trial
  return isPolicyGradient(settings)
    ? carryOutPg(carrier, { ...trial, settings }, index, folder, participation)
    : carryOutQ(carrier, { ...trial, settings }, index, folder, participation)
}

/** The lines of a record; null where one is none. */
async function readRecord(path: string): Promise<RecordLine[] | null> {
  const text = await readIfThere(path)
  if (text === null || !text.endsWith('\n')) return null
  const lines = text.split('\n').slice(0, -1).map(parseLine)
  return lines.every((line) => line !== null) ? lines : null
}

/** The lines of `rows.csv` that belong to a trial. */
function rowsOf(rows: Buffer, { variant, seed }: Trial): Buffer {
  const start = `\n${variant},${seed},`
  const from = rows.indexOf(start) + 1
  if (from === 0) return Buffer.alloc(0)
  const last = rows.lastIndexOf(start) + 1
  return rows.subarray(from, rows.indexOf('\n', last) + 1)
}

async function compared(
  folder: string,
  trial: Trial,
  product: Product,
  rows: Buffer,
): Promise<Omit<Verdict, 'reason'>> {
  const { variant, seed } = trial
  const written = await readFile(modelPath(folder, trial)).catch(() => null)
  const model = {
    recorded: written === null ? null : sha256(written),
    again: sha256(product.model),
  }
  const part = Buffer.from(product.part)
  const both = { recorded: sha256(rows), again: sha256(part.subarray(part.indexOf('\n') + 1)) }
  const isSame = model.recorded === model.again && both.recorded === both.again
  return { variant, seed, outcome: isSame ? 'same' : 'differs', model, rows: both }
}
