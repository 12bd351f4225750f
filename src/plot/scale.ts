/** Axes: which scale suits the numbers, how far it reaches and where its ticks stand. */

/** 'auto' is 'log' where every number is positive and they span more than a decade, else 'linear'. */
export type ScaleChoice = 'linear' | 'log' | 'auto'

/** One axis: all numbers lie within `domain`. */
export interface Axis {
  readonly type: 'linear' | 'log'
  readonly domain: readonly [number, number]
  readonly ticks: readonly number[]
}

/**
 * The axis for `values`.
 * @param values finite numbers; none gives [0, 1]
 * @param fromZero whether a linear axis of numbers of one sign starts at 0
 * @throws RangeError when 'log' is asked for and a number is not positive
 */
export function axisOf(values: readonly number[], choice: ScaleChoice, fromZero = false): Axis {
  const [low, high] = extent(values)
  if (choice === 'log' && low <= 0)
    throw new RangeError(`axisOf: a log axis needs positive numbers, got ${low}`)
  const log = choice === 'log' || (choice === 'auto' && low > 0 && high / low > 10)
  return log ? logAxis(low, high) : linearAxis(fromZero && low > 0 ? 0 : low, high)
}

/** The smallest and the largest value; [0, 1] of none. */
function extent(values: readonly number[]): [number, number] {
  let low = Infinity
  let high = -Infinity
  for (const value of values) {
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  return low <= high ? [low, high] : [0, 1]
}

function linearAxis(low: number, high: number): Axis {
  const size = Math.max(Math.abs(low), Math.abs(high))
  // Numbers that cannot be told apart by their ticks get room around them.
  const equal = high - low <= 1e-9 * size || size < 1e-300
  const span = !equal ? high - low : size < 1e-300 ? 1 : size
  const rough = span / 6
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5].find((digit) => digit * power >= rough) ?? 10)
  const from = Math.floor((low - (equal ? span / 2 : 0)) / step)
  const to = Math.ceil((high + (equal ? span / 2 : 0)) / step)
  // Multiplied, not added up, and rounded to the step's digits: 0.3, not 0.30000000000000004.
  const ticks = Array.from({ length: to - from + 1 }, (_, i) => Number(((from + i) * step).toPrecision(12)))
  return { type: 'linear', domain: [ticks[0] as number, ticks.at(-1) as number], ticks }
}

function logAxis(low: number, high: number): Axis {
  const [from, to] = [low / 1.15, high * 1.15]
  const decades = Math.log10(to / from)
  const digits = decades <= 1 ? [1, 2, 3, 4, 6, 8] : decades <= 3 ? [1, 2, 5] : [1]
  const every = Math.max(1, Math.ceil(decades / 8))
  const first = Math.floor(Math.log10(from))
  const powers = Array.from({ length: Math.ceil(Math.log10(to)) - first + 1 }, (_, i) => first + i)
  const ticks = powers
    .filter((power) => digits.length > 1 || power % every === 0)
    .flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`)))
  const within = (some: readonly number[]): number[] => some.filter((tick) => tick >= from && tick <= to)
  // A short axis can fall between round digits: then it is divided as a linear one, and at least its own value is named.
  const choices = [within(ticks), within(linearAxis(low, high).ticks)]
  return { type: 'log', domain: [from, to], ticks: choices.find(({ length }) => length > 1) ?? [low] }
}

/** A tick's number as it is read: 2,000, 0.05, 1e-7, 3e6. */
export function tickText(exact: number): string {
  const value = Number(exact.toPrecision(6))
  const size = Math.abs(value)
  if (value === 0) return '0'
  if (size >= 1e6 || size < 1e-4) return value.toExponential().replace('e+', 'e')
  const text = String(value)
  return size < 10000 ? text : text.replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}
