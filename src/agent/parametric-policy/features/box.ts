/** Features of vectors in a box, which is mapped to the unit cube; what lies outside is moved to its border. */
import { exp } from '../../../numeric/elementary.ts'
import { cos } from '../../../numeric/trigonometric.ts'
import type { Point } from '../../environment.ts'
import type { Features } from '../features.ts'
import { describePoint } from '../parametric-map.ts'

/** Finite bounds of every dimension, [n] both, low < high. */
export interface Bounds {
  readonly low: Float64Array
  readonly high: Float64Array
}

/** The most features that are taken. */
const LARGEST = 1e5

/**
 * Tile coding: `tilings` grids of `tiles` cells in every dimension, tiling k moved down by ((2 d + 1) k mod tilings) / tilings cells in
 * dimension d, so that each of them but a single one needs a cell more. One cell of every tiling holds the observation: its feature is 1.
 * F = tilings (tiles + 1)^n, or tiles^n for one tiling. Source: Sutton and Barto, "Reinforcement Learning", 2018, section 9.5.4.
 * @param tiles >= 1
 * @param tilings >= 1
 * @throws RangeError when the bounds are not finite or there are more than 10^5 features
 */
export function tiles(bounds: Bounds, { tiles, tilings }: { tiles: number; tilings: number }): Features {
  const cells = tilings === 1 ? tiles : tiles + 1
  const unit = unitCube('tiles', bounds)
  const each = counted('tiles', cells, unit.point.length, tilings)
  return {
    size: tilings * each,
    most: tilings,
    encode(observation, into) {
      unit.map(observation)
      for (let k = 0; k < tilings; k++) {
        let cell = 0
        for (let d = 0; d < unit.point.length; d++) {
          const moved = (unit.point[d] as number) * tiles + (((2 * d + 1) * k) % tilings) / tilings
          cell = cell * cells + Math.min(cells - 1, Math.floor(moved))
        }
        into.index[k] = k * each + cell
        into.value[k] = 1
      }
      into.count = tilings
    },
  }
}

/**
 * Radial basis functions on a grid of `centres` points in every dimension, from border to border: with u and c in the unit cube,
 * phi = exp(-|u - c|^2 / (2 w^2)), w the spacing 1 / (centres - 1). F = centres^n.
 * @param centres >= 2
 * @throws RangeError when the bounds are not finite or there are more than 10^5 features
 */
export function radialBasis(bounds: Bounds, centres: number): Features {
  const unit = unitCube('radialBasis', bounds)
  const size = counted('radialBasis', centres, unit.point.length, 1)
  const factors = new Float64Array(unit.point.length * centres)
  return {
    size,
    most: size,
    encode(observation, into) {
      unit.map(observation)
      for (let i = 0; i < factors.length; i++) {
        const away = (unit.point[Math.floor(i / centres)] as number) * (centres - 1) - (i % centres)
        factors[i] = exp(-0.5 * away * away)
      }
      everyCombination(unit.point.length, centres, factors, 1, (a, b) => a * b, into.value)
      fillIndex(into, size)
    },
  }
}

/**
 * The Fourier basis: phi = cos(pi c . u) for u in the unit cube and every c of integers in [0, order]. F = (order + 1)^n.
 * Source: Konidaris, Osentoski, Thomas, "Value function approximation in reinforcement learning using the Fourier basis", AAAI 2011.
 * @param order >= 1
 * @throws RangeError when the bounds are not finite or there are more than 10^5 features
 */
export function fourier(bounds: Bounds, order: number): Features {
  const unit = unitCube('fourier', bounds)
  const size = counted('fourier', order + 1, unit.point.length, 1)
  const angles = new Float64Array(unit.point.length * (order + 1))
  return {
    size,
    most: size,
    encode(observation, into) {
      unit.map(observation)
      for (let i = 0; i < angles.length; i++)
        angles[i] = Math.PI * (i % (order + 1)) * (unit.point[Math.floor(i / (order + 1))] as number)
      everyCombination(unit.point.length, order + 1, angles, 0, (a, b) => a + b, into.value)
      for (let i = 0; i < size; i++) into.value[i] = cos(into.value[i] as number)
      fillIndex(into, size)
    },
  }
}

/** into[i] = parts of dimension 0, 1, ... put together, i counting the combinations with the last dimension fastest; parts [n * width]. */
function everyCombination(
  dimensions: number,
  width: number,
  parts: Float64Array,
  nothing: number,
  together: (a: number, b: number) => number,
  into: Float64Array,
): void {
  into[0] = nothing
  let filled = 1
  for (let d = 0; d < dimensions; d++) {
    // from the end, so that no entry is overwritten before it is used
    for (let i = filled - 1; i >= 0; i--) {
      const sofar = into[i] as number
      for (let j = width - 1; j >= 0; j--)
        into[i * width + j] = together(sofar, parts[d * width + j] as number)
    }
    filled *= width
  }
}

function fillIndex(into: { count: number; readonly index: Uint32Array }, size: number): void {
  for (let i = 0; i < size; i++) into.index[i] = i
  into.count = size
}

/** width^dimensions, where copies times that are not too many. */
function counted(name: string, width: number, dimensions: number, copies: number): number {
  let size = 1
  for (let d = 0; d < dimensions; d++) size *= width
  if (size * copies <= LARGEST) return size
  throw new RangeError(
    `${name}: expected at most ${LARGEST} features, got ${size * copies} for ${dimensions} dimensions; take fewer of them, or mlp`,
  )
}

/** A point of the unit cube and what moves it to an observation. */
function unitCube(
  name: string,
  { low, high }: Bounds,
): { readonly point: Float64Array; map(observation: Point): void } {
  const wrong = low.findIndex(
    (bound, d) => !((high[d] as number) - bound > 0 && (high[d] as number) - bound < Infinity),
  )
  if (wrong >= 0)
    throw new RangeError(
      `${name}: bounds of dimension ${wrong} must be finite with low < high, got [${low[wrong]}, ${high[wrong]}]; mlp needs no bounds`,
    )
  const point = new Float64Array(low.length)
  return {
    point,
    map(observation) {
      if (typeof observation === 'number' || observation.length !== low.length)
        throw new RangeError(
          `${name}: observation must be a vector of ${low.length} numbers, got ${describePoint(observation)}`,
        )
      for (let d = 0; d < low.length; d++) {
        const from = low[d] as number
        const share = ((observation[d] as number) - from) / ((high[d] as number) - from)
        point[d] = Math.max(0, Math.min(1, share))
      }
    },
  }
}
