/** Initial tables: whoever draws one, the server, an agent or a kernel, draws it with these functions. */
import { NOBODY, Purpose, streamOf, uniform } from './stream.ts'
import type { Stream } from './stream.ts'

/** One random table for all, a random table for each agent, or a constant. */
export type Initial = 'shared' | 'perAgent' | number

/** What a first table depends on. */
export interface InitialSettings {
  readonly states: number
  readonly actions: number
  readonly initial: Initial
  /** keys the streams `initial`: the seed of the run, unless the tables are frozen */
  readonly initialSeed: number
  /** random entries lie in (low, high] */
  readonly valueRange: readonly [low: number, high: number]
  /** [S] 1 for terminal states, or null when none is known */
  readonly terminal: Uint8Array | null
}

/** The range of the value of any policy, for rewards in [low, high]. */
export function valueRange(
  rewards: readonly [low: number, high: number],
  discount: number,
): [low: number, high: number] {
  return [rewards[0] / (1 - discount), rewards[1] / (1 - discount)]
}

/**
 * Fills `table` [S * A] with independent uniform entries in (low, high]; rows of terminal states are 0.
 * Every entry takes two words of the stream, in order.
 */
export function drawInitialTable(
  table: Float64Array,
  stream: Stream,
  {
    valueRange: [low, high],
    actions,
    terminal,
  }: Pick<InitialSettings, 'valueRange' | 'actions' | 'terminal'>,
): void {
  for (let entry = 0; entry < table.length; entry++) {
    const value = low + (high - low) * (1 - uniform(stream))
    table[entry] = isTerminal(terminal, entry, actions) ? 0 : value
  }
}

/**
 * The first table [S * A] of an agent, or of the server (`owner` = {@link NOBODY}). With `perAgent` the server's is the zero table:
 * the agents' first changes carry their own.
 */
export function initialTable(settings: InitialSettings, owner: number): Float64Array {
  const { states, actions, initial, terminal } = settings
  const table = new Float64Array(states * actions)
  if (typeof initial === 'number')
    return table.map((_, entry) => (isTerminal(terminal, entry, actions) ? 0 : initial))
  if (initial === 'perAgent' && owner === NOBODY) return table
  drawInitialTable(
    table,
    streamOf(settings.initialSeed, initial === 'shared' ? NOBODY : owner, Purpose.initial),
    settings,
  )
  return table
}

const isTerminal = (terminal: Uint8Array | null, entry: number, actions: number): boolean =>
  terminal?.[Math.floor(entry / actions)] === 1
