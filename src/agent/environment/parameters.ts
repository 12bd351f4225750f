/** The numbers that an environment is made with: by name, with a range and a default, as data. */
import { didYouMean } from '../../numeric/suggest.ts'
import type { Space } from '../environment.ts'

/** One parameter. A missing end of its range is open to infinity. */
export interface Parameter {
  readonly default: number
  readonly above?: number
  readonly from?: number
  readonly to?: number
  readonly integer?: true
  /** what it is, with its unit */
  readonly description: string
}

/** Parameters by name. */
export type ParameterTable = Readonly<Record<string, Parameter>>

/** A value for every parameter of a table. */
export type Values<T extends ParameterTable> = { readonly [Name in keyof T]: number }

/** `a number in (0, infinity)` */
export function rangeOf({ above, from, to, integer }: Parameter): string {
  const low = from === undefined ? `(${above ?? '-infinity'}` : `[${from}`
  return `${integer === true ? 'an integer' : 'a number'} in ${low}, ${to === undefined ? 'infinity)' : `${to}]`}`
}

/** Whether a value is finite and in the parameter's range. */
function fits({ above, from, to, integer }: Parameter, value: unknown): boolean {
  if (typeof value !== 'number' || !Number.isFinite(value)) return false
  if (integer === true && !Number.isInteger(value)) return false
  return value > (above ?? -Infinity) && value >= (from ?? -Infinity) && value <= (to ?? Infinity)
}

/** What is wrong with `value` as the parameter `name` of a table, in words; null when nothing is. */
export function parameterFault(table: ParameterTable, name: string, value: unknown): string | null {
  const parameter = Object.hasOwn(table, name) ? table[name] : undefined
  if (parameter === undefined) {
    const known = Object.keys(table)
    const meant = didYouMean(name, known)
    return `unknown parameter "${name}"${meant === '' ? `, expected one of ${known.join(', ')}` : meant}`
  }
  return fits(parameter, value) ? null : `expected ${rangeOf(parameter)}, got ${String(value)}`
}

/**
 * The values given, and defaults for the rest.
 * @param maker who needs them, for messages
 * @throws RangeError on a parameter that is not known or out of its range
 */
export function complete<T extends ParameterTable>(
  maker: string,
  table: T,
  given: Partial<Values<T>>,
): Values<T> {
  for (const [name, value] of Object.entries(given)) {
    const fault = parameterFault(table, name, value)
    if (fault !== null) throw new RangeError(`${maker}: ${name}: ${fault}`)
  }
  const values = Object.entries(table).map(([name, { default: value }]) => [name, given[name] ?? value])
  return Object.fromEntries(values) as Values<T>
}

/** @throws RangeError where `value` is none of `words` */
export function checkWord(maker: string, name: string, words: readonly string[], value: string): void {
  if (!words.includes(value))
    throw new RangeError(
      `${maker}: ${name}: expected one of ${words.join(', ')}, got ${JSON.stringify(value)}`,
    )
}

/** The steps after which an episode is cut off. */
export const timeLimit = (steps: number): Parameter => ({
  default: steps,
  from: 1,
  to: 1_000_000_000,
  integer: true,
  description: 'Steps after which an episode is cut off.',
})

/** The box of vectors with |x_i| <= size[i]. */
export const symmetricBox = (...size: number[]): Space => ({
  kind: 'box',
  low: Float64Array.from(size, (x) => -x),
  high: Float64Array.from(size),
})
