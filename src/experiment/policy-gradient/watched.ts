/** A person's own environment while it is used: its vectors are converted, and what it gives is checked. */
import { pointFault, stepFault } from '../../agent/environment/check.ts'
import type { Environment, Point, Space, Step } from '../../agent/environment.ts'
import type { Issue } from '../../numeric/result.ts'
import { InputError } from '../errors.ts'

/** A checked environment as its author gave it. */
export interface UserEnvironment {
  readonly observationSpace: Space
  readonly actionSpace: Space
  reset(seed: number): unknown
  step(action: Point): unknown
}

/** What was thrown, in words. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/**
 * What `action` gives.
 * @param path of the module, for messages
 * @param what the name of the action, for messages
 * @throws InputError naming the module, where the action throws
 */
export function calling<T>(path: string, place: () => Issue['path'], what: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw new InputError(path, [{ path: place(), message: `${what} threw: ${messageOf(error)}` }])
  }
}

const toSpace = (space: Space): Space =>
  space.kind === 'discrete'
    ? space
    : { kind: 'box', low: Float64Array.from(space.low), high: Float64Array.from(space.high) }

const toPoint = (point: unknown): Point =>
  typeof point === 'number' ? point : new Float64Array(point as ArrayLike<number>)

/**
 * The environment that a module made, with vectors as Float64Arrays, and watched at every step.
 * @param path of the module, for messages
 * @returns an environment that throws an InputError, naming the module, the seed and the step, where the module throws or breaks the contract
 */
export function watched(path: string, loose: UserEnvironment): Environment {
  const observationSpace = toSpace(loose.observationSpace)
  let seed = 0
  let steps = 0
  const place = (): Issue['path'] => [`reset(${seed})`, ...(steps > 0 ? [`step ${steps}`] : [])]
  const check = (fault: string | null): void => {
    if (fault !== null) throw new InputError(path, [{ path: place(), message: fault }])
  }
  return {
    observationSpace,
    actionSpace: toSpace(loose.actionSpace),
    reset(given) {
      seed = given
      steps = 0
      const first = calling(path, place, 'reset', () => loose.reset(given))
      check(pointFault(observationSpace, first))
      return toPoint(first)
    },
    step(action) {
      steps++
      const step = calling(path, place, 'step', () => loose.step(action))
      check(stepFault(observationSpace, step))
      const { observation, reward, terminated, truncated } = step as Step
      return { observation: toPoint(observation), reward, terminated, truncated }
    },
  }
}
