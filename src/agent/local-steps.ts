/** Gradient ascent on an agent's own objective: what every policy-gradient learner does between two averagings. */
import { diverged } from '../numeric/vector.ts'
import type { GradientOracle } from './gradient-oracle.ts'

/** Where an ascent ended, and the position of its source of gradients. */
export interface Ascent<Position> {
  /** [d] */
  readonly theta: Float64Array
  readonly position: Position
}

/** A step: from its number, theta and the position to the direction to move in, [d]. */
export type Direction<Position> = (
  step: number,
  theta: Float64Array,
  position: Position,
) => { readonly direction: Float64Array; readonly position: Position }

/**
 * theta <- theta + stepSize direction(theta), `steps` times; ends early where theta has diverged.
 * @param theta [d], not changed
 */
export function ascend<Position>(
  theta: Float64Array,
  position: Position,
  steps: number,
  stepSize: number,
  direction: Direction<Position>,
): Ascent<Position> {
  const local = theta.slice()
  let at = position
  for (let step = 0; step < steps && !diverged(local); step++) {
    const move = direction(step, local, at)
    for (let i = 0; i < local.length; i++)
      local[i] = (local[i] as number) + stepSize * (move.direction[i] as number)
    at = move.position
  }
  return { theta: local, position: at }
}

/** What plain steps may be given. */
export interface LocalStepsOptions {
  /** added to every gradient, [n], n <= d: entries of theta from n on move along the gradient alone */
  readonly correction?: Float64Array
  /** the gradient of the first step, [d], where it is known already */
  readonly first?: Float64Array | null
}

/**
 * theta <- theta + stepSize (grad J_i(theta) + correction), `steps` times. Without a correction these are the steps of FedPG, and those
 * that make a common policy an agent's own.
 * @param theta [d], not changed
 */
export function localSteps<Position>(
  oracle: GradientOracle<Position>,
  theta: Float64Array,
  position: Position,
  steps: number,
  stepSize: number,
  { correction = new Float64Array(0), first = null }: LocalStepsOptions = {},
): Ascent<Position> {
  const into = new Float64Array(oracle.size)
  return ascend(theta, position, steps, stepSize, (step, local, at) => {
    const drawn =
      step === 0 && first !== null ? { gradient: first.slice(), state: at } : oracle.gradient(local, at, into)
    const direction = drawn.gradient
    for (let i = 0; i < correction.length; i++)
      direction[i] = (direction[i] as number) + (correction[i] as number)
    return { direction, position: drawn.state }
  })
}
