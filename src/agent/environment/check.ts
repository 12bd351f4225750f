/** The checker of environments: whether a program that a person wrote keeps the contract. */
import { issues, shown, type Issues } from '../../mdp/issues.ts'
import type { Issue } from '../../numeric/result.ts'
import { NOBODY, Purpose, below, streamOf, uniform, type Stream } from '../../numeric/stream.ts'
import type { Point } from '../environment.ts'

/** What an environment may look like before it was checked: vectors may be arrays of numbers too. */
type Vector = ArrayLike<number>
type LooseSpace = { kind: 'discrete'; n: number } | { kind: 'box'; low: Vector; high: Vector }
interface Loose {
  observationSpace: LooseSpace
  actionSpace: LooseSpace
  reset(seed: number): unknown
  step(action: Point): unknown
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
const isVector = (value: unknown): value is Vector =>
  value instanceof Float64Array || (Array.isArray(value) && value.every((x) => typeof x === 'number'))

/** What came, in a few words. */
function got(value: unknown): string {
  if (value instanceof Promise) return 'a Promise (nothing here may be asynchronous)'
  if (typeof value === 'function') return 'a function'
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`
  return shown(value)
}

/** What is wrong with `value` as an element of `space`, in words; null when nothing is. */
export function pointFault(space: LooseSpace, value: unknown): string | null {
  if (space.kind === 'discrete') {
    const fits = Number.isInteger(value) && (value as number) >= 0 && (value as number) < space.n
    return fits ? null : `expected an integer in 0 .. ${space.n - 1}, got ${got(value)}`
  }
  const n = space.low.length
  if (!isVector(value)) return `expected a Float64Array or an array of ${n} numbers, got ${got(value)}`
  if (value.length !== n) return `expected ${n} numbers, got ${value.length}`
  for (let i = 0; i < n; i++) {
    const x = value[i] as number
    if (!Number.isFinite(x)) return `expected finite numbers, got ${x} at [${i}]`
    if (x < (space.low[i] as number) || x > (space.high[i] as number))
      return `expected a number in the space's [${space.low[i]}, ${space.high[i]}] at [${i}], got ${x}`
  }
  return null
}

function spaceFault(space: unknown): string | null {
  if (!isObject(space))
    return `expected a space, { kind: 'discrete', n } or { kind: 'box', low, high }, got ${got(space)}`
  const { kind, n, low, high } = space
  if (kind === 'discrete')
    return Number.isSafeInteger(n) && (n as number) > 0 ? null : `n: expected an integer >= 1, got ${got(n)}`
  if (kind !== 'box') return `kind: expected 'discrete' or 'box', got ${got(kind)}`
  if (!isVector(low) || low.length === 0) return `low: expected a vector of numbers, got ${got(low)}`
  if (!isVector(high) || high.length !== low.length)
    return `high: expected ${low.length} numbers like low, got ${got(high)}`
  for (let i = 0; i < low.length; i++)
    if (!((low[i] as number) <= (high[i] as number)))
      return `expected low <= high at [${i}], got ${low[i]} and ${high[i]}`
  return null
}

/** Whether `value` has the parts of an environment; otherwise adds what is missing. */
function hasShape(value: unknown, found: Issues): boolean {
  if (!isObject(value) || value instanceof Promise) {
    found.add(
      [],
      `expected an environment, an object with observationSpace, actionSpace, reset and step, got ${got(value)}`,
    )
    return false
  }
  for (const name of ['reset', 'step'])
    if (typeof value[name] !== 'function') found.add([name], `expected a function, got ${got(value[name])}`)
  for (const name of ['observationSpace', 'actionSpace']) {
    const fault = spaceFault(value[name])
    if (fault !== null) found.add([name], fault)
  }
  return found.list.length === 0
}

/** What is wrong with the result of `step`, in words; null when nothing is. */
export function stepFault(space: LooseSpace, step: unknown): string | null {
  if (!isObject(step) || step instanceof Promise)
    return `expected { observation, reward, terminated, truncated }, got ${got(step)}`
  if (typeof step['reward'] !== 'number' || !Number.isFinite(step['reward']))
    return `reward: expected a finite number, got ${got(step['reward'])}`
  for (const name of ['terminated', 'truncated'])
    if (typeof step[name] !== 'boolean') return `${name}: expected true or false, got ${got(step[name])}`
  const fault = pointFault(space, step['observation'])
  return fault === null ? null : `observation: ${fault}`
}

/** A uniform element of a space; where a box is open, one within a distance of 1 from its end, or from 0. */
function drawAction(space: LooseSpace, stream: Stream): Point {
  if (space.kind === 'discrete') return below(stream, space.n)
  return Float64Array.from({ length: space.low.length }, (_, i) => {
    const [low, high] = [space.low[i] as number, space.high[i] as number]
    const from = Number.isFinite(low) ? low : Number.isFinite(high) ? high - 1 : -1
    const to = Number.isFinite(high) ? high : from + (Number.isFinite(low) ? 1 : 2)
    return from + (to - from) * uniform(stream)
  })
}

/** All that an episode showed: the first observation, then for each step the reward, how it ended and the observation. */
type Trace = readonly (readonly number[])[]

const numbersOf = (point: unknown): number[] =>
  typeof point === 'number' ? [point] : Array.from(point as Vector)

/** A fault that ends the check, told to the person. */
class Fault extends Error {
  override readonly name = 'Fault'
  readonly path: Issue['path']
  constructor(path: Issue['path'], message: string) {
    super(message)
    this.path = path
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** What `action` gives; what it throws becomes a fault of the environment's. */
function calling<T>(path: Issue['path'], action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw new Fault(path, `threw: ${messageOf(error)}`)
  }
}

/** Acts at random through one episode. @throws Fault */
function play(environment: Loose, seed: number, maxSteps: number): Trace {
  const { observationSpace: space } = environment
  const stream = streamOf(seed, NOBODY, Purpose.evaluation)
  const first = calling([`reset(${seed})`], () => environment.reset(seed))
  const fault = pointFault(space, first)
  if (fault !== null) throw new Fault([`reset(${seed})`], fault)
  const trace = [numbersOf(first)]
  for (let last = first, t = 1; t <= maxSteps; t++) {
    const place = [`reset(${seed})`, `step ${t}`]
    const step = calling(place, () => environment.step(drawAction(environment.actionSpace, stream)))
    const wrong = stepFault(space, step)
    if (wrong !== null) throw new Fault(place, wrong)
    const { observation, reward, terminated, truncated } = step as Record<string, unknown>
    const before = (trace.at(-1) as readonly number[]).slice(t === 1 ? 0 : 3)
    if (!before.every((x, i) => x === numbersOf(last)[i]))
      throw new Fault(place, 'changed the observation given before; expected a fresh vector at every step')
    trace.push([reward as number, Number(terminated), Number(truncated), ...numbersOf(observation)])
    if (terminated === true || truncated === true) return trace
    last = observation
  }
  throw new Fault(
    [`reset(${seed})`],
    `the episode did not end within ${maxSteps} random steps; expected terminated or, at a limit of time, truncated`,
  )
}

/** Refuses two episodes of one seed that differ. @throws Fault */
function checkSame(seed: number, one: Trace, other: Trace): void {
  const t = one.findIndex((row, i) => row.some((x, j) => x !== other[i]?.[j]))
  if (t < 0 && one.length === other.length) return
  const place = t === 0 ? 'the first observation' : `step ${t < 0 ? one.length : t}`
  throw new Fault(
    [`reset(${seed})`],
    `two episodes of this seed and the same actions differ from ${place} on; expected all that is random to come from the seed`,
  )
}

/** How an environment is checked. */
export interface CheckOptions {
  /** episodes of random actions, each played twice */
  readonly episodes?: number
  /** of the first episode; the others have those after it */
  readonly seed?: number
  /** random steps after which an episode is taken for one that never ends */
  readonly maxSteps?: number
}

/**
 * What is wrong with an environment, as one would find out by using it; nothing is, where the list is empty. Checked are: its parts and
 * spaces; observations within their space, finite, and left unchanged by later steps; finite rewards; `terminated` and `truncated` as
 * truth values; that episodes of random actions end; and that an episode depends on its seed and the actions alone.
 * @param environment vectors in it may be arrays of numbers
 */
export function checkEnvironment(
  environment: unknown,
  { episodes = 3, seed = 0, maxSteps = 100_000 }: CheckOptions = {},
): readonly Issue[] {
  const found = issues()
  try {
    if (!calling([], () => hasShape(environment, found))) return found.list
    const loose = environment as Loose
    for (let episode = 0; episode < episodes; episode++) {
      const trace = play(loose, seed + episode, maxSteps)
      checkSame(seed + episode, trace, play(loose, seed + episode, maxSteps))
    }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    found.add(error.path, error.message)
  }
  return found.list
}
