/** Several environments stepped together, with the modes of Gymnasium 1.x for what happens after the end of an episode. */
import { Purpose, streamOf, type Stream } from '../../numeric/stream.ts'
import type { Environment, Point, Space, Step } from '../environment.ts'
import { drawSeed } from './seed.ts'

/**
 * When an environment whose episode has ended is reset.
 * - `next-step`: by the next step, which ignores the action; its observation is the first one of the new episode, its reward is 0,
 *   and it is neither terminated nor truncated.
 * - `same-step`: by the step that ended it; the observation is the first one of the new episode, the last one of the old episode
 *   stands beside, and reward, terminated and truncated are those of the old one.
 * - `disabled`: by the caller. A step of an environment whose episode is over is an error.
 */
export type Autoreset = 'next-step' | 'same-step' | 'disabled'

/** What a step of n environments gives; entry i of each is that of environment i. */
export interface VectorStep {
  readonly observations: readonly Point[]
  /** [n] */
  readonly rewards: Float64Array
  readonly terminated: readonly boolean[]
  readonly truncated: readonly boolean[]
  /** of `same-step`: the last observation of an episode that this step ended, else null */
  readonly lastObservations: readonly (Point | null)[]
}

/** n environments that are stepped together. */
export interface VectorEnvironment {
  /** n */
  readonly size: number
  /**
   * Begins an episode in every environment that has a seed.
   * @param seeds [n] integers in [0, 2^53); null leaves an environment as it is
   * @returns [n] observations, those of the environments left as they are unchanged
   */
  reset(seeds: readonly (number | null)[]): readonly Point[]
  /** @param actions [n] */
  step(actions: readonly Point[]): VectorStep
}

/** One environment and where its episode stands. */
interface Slot {
  readonly environment: Environment
  /** seeds of the episodes that follow the one that was asked for */
  seeds: Stream | null
  observation: Point
  over: boolean
}

const sizeOf = (space: Space): string =>
  space.kind === 'discrete' ? `${space.n} numbers to choose from` : `vectors of ${space.low.length}`

/** Refuses environments whose observations or actions differ in kind or size; the ends of boxes may differ. */
function checkAlike(environments: readonly Environment[]): void {
  const [first] = environments
  if (first === undefined) throw new RangeError('vectorEnvironment: expected at least one environment')
  for (const [i, environment] of environments.entries())
    for (const key of ['observationSpace', 'actionSpace'] as const) {
      const [wanted, got] = [sizeOf(first[key]), sizeOf(environment[key])]
      if (wanted !== got)
        throw new RangeError(
          `vectorEnvironment: ${key} of environment ${i}: expected ${wanted} as in environment 0, got ${got}`,
        )
    }
}

function checkLength(what: string, wanted: number, got: number): void {
  if (wanted !== got)
    throw new RangeError(
      `vectorEnvironment: ${what}: expected one for each of ${wanted} environments, got ${got}`,
    )
}

/** Begins the next episode of a slot, of a seed of its own. */
function restart(slot: Slot): Point {
  slot.over = false
  return slot.environment.reset(drawSeed(slot.seeds as Stream))
}

/** Steps one slot; the last observation is null but for `same-step`. */
function stepSlot(slot: Slot, action: Point, autoreset: Autoreset): Step & { last: Point | null } {
  if (autoreset === 'next-step' && slot.over)
    return { observation: restart(slot), reward: 0, terminated: false, truncated: false, last: null }
  const step = slot.environment.step(action)
  slot.over = step.terminated || step.truncated
  if (autoreset !== 'same-step' || !slot.over) return { ...step, last: null }
  return { ...step, observation: restart(slot), last: step.observation }
}

/**
 * Steps several environments together. The seeds of episodes that an automatic reset begins in environment i are drawn from the
 * stream (seed of its last reset, i, `environment`).
 * @returns an environment of environments whose `step` throws an Error where one has not been reset or, with `disabled`, is over
 * @throws RangeError where there is none, or where observations or actions differ in kind or size
 */
export function vectorEnvironment(
  environments: readonly Environment[],
  { autoreset }: { autoreset: Autoreset },
): VectorEnvironment {
  checkAlike(environments)
  const slots = environments.map((environment): Slot => ({
    environment,
    seeds: null,
    observation: 0,
    over: false,
  }))
  const size = slots.length
  return {
    size,
    reset(seeds) {
      checkLength('seeds', size, seeds.length)
      for (const [i, slot] of slots.entries()) {
        const seed = seeds[i] ?? null
        if (seed === null) continue
        slot.seeds = streamOf(seed, i, Purpose.environment)
        slot.observation = slot.environment.reset(seed)
        slot.over = false
      }
      return slots.map((slot) => slot.observation)
    },
    step(actions) {
      checkLength('actions', size, actions.length)
      const refused = slots.findIndex(
        ({ seeds, over }) => seeds === null || (over && autoreset === 'disabled'),
      )
      if (refused >= 0)
        throw new Error(
          `vectorEnvironment: step: environment ${refused} ${slots[refused]?.seeds ? 'is at the end of its episode' : 'has not been reset'}`,
        )
      const steps = slots.map((slot, i) => stepSlot(slot, actions[i] as Point, autoreset))
      for (const [i, slot] of slots.entries()) slot.observation = (steps[i] as Step).observation
      return {
        observations: steps.map((step) => step.observation),
        rewards: Float64Array.from(steps, (step) => step.reward),
        terminated: steps.map((step) => step.terminated),
        truncated: steps.map((step) => step.truncated),
        lastObservations: steps.map((step) => step.last),
      }
    },
  }
}
