/** A trial is one (variant, seed): the unit that is carried out, written and, after a crash, never done twice. */
import { createHash } from 'node:crypto'
import { agentsOf, isPolicyGradient, type Experiment, type Settings } from './experiment.ts'
import { columnsOf, type RowColumns, type Rows } from './row-columns.ts'
import { encodeRows } from './rows-csv.ts'
import { encodeSafetensors } from './safetensors.ts'
import type { Row } from '../metrics/row.ts'

/** One (variant, seed). */
export interface Trial {
  readonly variant: string
  readonly seed: number
  readonly settings: Settings
}

/** A simulated trial and how well its truth is known. @typeParam R one by one, or in columns where there are many */
export interface Outcome<R extends Rows = readonly Row[]> {
  readonly rows: R
  /** the model, by name: `q`, `theta`, `pi`; row-major */
  readonly tensors: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly data: Float64Array }>
  >
  /** plain sentences on what a reader must know of this run */
  readonly notes: readonly string[]
  /** agent-steps carried out, all agents together */
  readonly agentSteps: number
  /** CPU time that the kernel took: this trial's share where several ran together */
  readonly kernelCpuSeconds: number
  /** max |Q* - the table that stands for it| is at most this; null where no model is known */
  readonly bound: number | null
}

/** What a finished trial says of itself, beside its rows and its model. */
export interface Account {
  /** by metric, in the order of the rows: the value at the last evaluation; null where it is not finite */
  readonly final: Readonly<Record<string, number | null>>
  readonly notes: readonly string[]
  readonly agentSteps: number
  /** as in {@link Outcome} */
  readonly bound: number | null
  /** bytes of rows that follow */
  readonly rowBytes: number
  /** sha256 of the model's file, hex */
  readonly model: string
}

/** A finished trial as it is written: the model's file, and the part (a line of JSON, the {@link Account}, then lines of `rows.csv`). */
export interface Product {
  readonly part: Uint8Array<ArrayBuffer>
  readonly model: Uint8Array<ArrayBuffer>
  /** CPU time that the kernel took for this trial; told, never written */
  readonly kernelCpuSeconds: number
}

/** The version of what models are said to hold in their metadata. */
const MODEL_FORMAT = '1'

/** Every trial, variants in the order of the grid and the seeds of a variant in theirs. */
export function* trialsOf(experiment: Experiment): Generator<Trial> {
  for (const { name, settings } of experiment.variants) {
    for (const seed of experiment.seeds) yield { variant: name, seed, settings }
  }
}

/** 'variant equal, seed 3': how messages name a trial. */
export const describeTrial = ({ variant, seed }: Trial): string => `variant ${variant}, seed ${seed}`

/** A trial's key in sets and maps. */
export const keyOf = ({ variant, seed }: Trial): string => `${variant}/${seed}`

/** Agent-steps that a trial takes, all agents together: K T, local steps where gradients are followed. */
export function stepsOf({ settings }: Trial): number {
  if (!isPolicyGradient(settings)) return agentsOf(settings) * settings.algorithm.steps
  const { rounds, localSteps } = settings.algorithm
  return settings.agents.count * rounds * localSteps
}

/** Rounds of a trial, those of a federation: independent learners have one. */
export function roundsOf({ algorithm }: Settings): number {
  if ('rounds' in algorithm) return algorithm.rounds
  return algorithm.name === 'q-learning' ? 1 : Math.ceil(algorithm.steps / algorithm.syncPeriod)
}

/** A finished trial as bytes. */
export function encodeProduct(trial: Trial, finished: Outcome<Rows>): Product {
  const model = encodeSafetensors({
    tensors: finished.tensors,
    metadata: {
      format: MODEL_FORMAT,
      algorithm: trial.settings.algorithm.name,
      variant: trial.variant,
      seed: String(trial.seed),
    },
  })
  const columns = columnsOf(finished.rows)
  const rows = encodeRows(trial, columns)
  const account: Account = {
    final: finalOf(columns),
    notes: finished.notes,
    agentSteps: finished.agentSteps,
    bound: finished.bound,
    rowBytes: rows.length,
    model: sha256(model),
  }
  const part = concatenate(new TextEncoder().encode(`${JSON.stringify(account)}\n`), rows)
  return { model, part, kernelCpuSeconds: finished.kernelCpuSeconds }
}

/** The {@link Account} on the first line of a part, or null where the line is none. */
export function parseAccount(line: string): Account | null {
  try {
    const value = JSON.parse(line) as Partial<Account> | null
    return typeof value?.rowBytes === 'number' && typeof value.model === 'string' ? (value as Account) : null
  } catch {
    return null
  }
}

/** sha256 in hex. */
export const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

/** The last value of each metric, in the order in which metrics first appear. */
function finalOf({ metric, value, metrics }: RowColumns): Record<string, number> {
  const final: Record<string, number> = {}
  for (let row = 0; row < value.length; row++) {
    final[metrics[metric[row] as number] as string] = value[row] as number
  }
  return final
}

function concatenate(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(first.length + second.length)
  bytes.set(first)
  bytes.set(second, first.length)
  return bytes
}
