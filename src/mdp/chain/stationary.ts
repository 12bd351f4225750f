/** Long-run averages of a chain: the stationary law of each recurrent class, and the probabilities of ending in each. */
import type { Chain } from '../chain.ts'
import { reduce, type Removed } from './reduction.ts'
import type { Structure } from './structure.ts'

/** Classes up to this size are solved as a dense matrix. */
const DENSE = 300
/** Larger ones are reduced first, to at most this many nodes. */
const DENSE_CORE = 1500
/** A node with more pairs of neighbours than this is left to the dense matrix. */
const SPARSE_PAIRS = 4000
/** Sweeps of an iteration between two looks at its progress. */
const BLOCK = 64
/** Sweeps of an iteration before the direct method is tried. */
const QUICK_SWEEPS = 5 * BLOCK
/** Multiplications that the reduction of a transient part may take: some seconds. */
const TRANSIENT_WORK = 6e6
/** Multiplications that the iteration may take when nothing else is left. */
const ITERATION_WORK = 1e9
/** Relative accuracy at which an iteration stops. */
const ENOUGH = 1e-12
/** Relative changes below this are mostly rounding: they say nothing about the rate of convergence. */
const TELLING = 2e-14
/** Relative changes below this are rounding alone. */
const ROUNDING = 4e-15

/** A law over nodes and an estimate of its relative error, 0 where it was solved directly. */
export interface LongRun {
  /** [n] sums to 1 */
  readonly law: Float64Array
  readonly error: number
}

/** A class as a chain of its own: rows [size + 1], successors by position in the class. */
interface Closed {
  readonly offset: Uint32Array
  readonly next: Uint32Array
  readonly probability: Float64Array
}

function* successors({ offset, next, probability }: Closed, node: number): Generator<[number, number]> {
  for (let edge = offset[node] as number; edge < (offset[node + 1] as number); edge++) {
    yield [next[edge] as number, probability[edge] as number]
  }
}

/** The chain on `nodes`, which no successor of theirs leaves. */
function closedOn(
  nodes: ArrayLike<number>,
  rowOf: (node: number) => Iterable<readonly [number, number]>,
): Closed {
  const position = new Map(Array.from(nodes, (node, i) => [node, i]))
  const offset = [0]
  const next: number[] = []
  const probability: number[] = []
  for (const node of position.keys()) {
    for (const [to, weight] of rowOf(node)) {
      next.push(position.get(to) as number)
      probability.push(weight)
    }
    offset.push(next.length)
  }
  return {
    offset: Uint32Array.from(offset),
    next: Uint32Array.from(next),
    probability: Float64Array.from(probability),
  }
}

function normalise(law: Float64Array): Float64Array {
  let sum = 0
  for (const mass of law) sum += mass
  for (let i = 0; i < law.length; i++) law[i] = (law[i] as number) / sum
  return law
}

/** Visits can span any range: they are scaled down together before they overflow. */
function setVisits(visits: Float64Array, node: number, value: number): void {
  visits[node] = value
  if (value > 1e250) for (let i = 0; i < visits.length; i++) visits[i] = (visits[i] as number) * 1e-250
}

/** Visits of all nodes from those of the nodes that were left, by undoing the reduction. */
function undo(visits: Float64Array, removed: readonly Removed[]): Float64Array {
  for (const { node, from, ratio } of removed.toReversed()) {
    setVisits(
      visits,
      node,
      from.reduce((sum, source, i) => sum + (visits[source] as number) * (ratio[i] as number), 0),
    )
  }
  return normalise(visits)
}

function denseMatrix(chain: Closed, size: number): Float64Array {
  const matrix = new Float64Array(size * size)
  for (let node = 0; node < size; node++) {
    for (const [to, weight] of successors(chain, node)) matrix[node * size + to] = weight
  }
  return matrix
}

/** Dense state reduction from the last node to the first; column j of the matrix ends as the ratios by which node j is undone. */
function denseStationary(chain: Closed): Float64Array {
  const size = chain.offset.length - 1
  const matrix = denseMatrix(chain, size)
  for (let node = size - 1; node > 0; node--) {
    const row = matrix.subarray(node * size, node * size + node)
    const leaving = row.reduce((sum, weight) => sum + weight, 0)
    for (let i = 0; i < node; i++) {
      const ratio = (matrix[i * size + node] as number) / leaving
      matrix[i * size + node] = ratio
      if (ratio === 0) continue
      for (let j = 0; j < node; j++)
        matrix[i * size + j] = (matrix[i * size + j] as number) + ratio * (row[j] as number)
    }
  }
  const visits = new Float64Array(size)
  visits[0] = 1
  for (let node = 1; node < size; node++) {
    let sum = 0
    for (let i = 0; i < node; i++) sum += (visits[i] as number) * (matrix[i * size + node] as number)
    setVisits(visits, node, sum)
  }
  return normalise(visits)
}

/** Sparse reduction to a core that is solved as a dense matrix; null when the core is too large. */
function sparseStationary({ offset, next, probability }: Closed): Float64Array | null {
  const size = offset.length - 1
  const rows = Array.from({ length: size }, (_, i) => new Map(successors({ offset, next, probability }, i)))
  const { removed, rest } = reduce(rows, { least: DENSE, mostPairs: SPARSE_PAIRS })
  if (rest.length > DENSE_CORE) return null
  const core = denseStationary(closedOn(rest, (node) => rows[node] as Map<number, number>))
  const visits = new Float64Array(size)
  rest.forEach((node, i) => (visits[node] = core[i] as number))
  return undo(visits, removed)
}

/**
 * Repeats law <- (law + law P) / 2, which forgets any period, until the geometric tail of the relative changes is small, or until
 * rounding hides any progress.
 * @returns the law and a bound on that tail: B changes for each block of B sweeps, blocks falling by the last ratio
 */
function iterate(chain: Closed, from: Float64Array, sweeps: number): LongRun {
  let law = from
  let before = Infinity
  let ratio = 0
  let error = Infinity
  for (let sweep = 1; sweep <= sweeps && error > ENOUGH && before > ROUNDING; sweep++) {
    const moved = lazyStep(chain, law)
    if (sweep % BLOCK === 0) {
      const change = largestChange(law, moved)
      if (change > TELLING) ratio = Math.min(change / before, 1 - Number.EPSILON)
      error = (BLOCK * change) / (1 - ratio)
      before = change
    }
    law = moved
  }
  return { law, error }
}

/** Largest relative difference of two positive laws. */
function largestChange(law: Float64Array, moved: Float64Array): number {
  let largest = 0
  for (let i = 0; i < law.length; i++) {
    const [old, now] = [law[i] as number, moved[i] as number]
    const change = Math.abs(now - old)
    if (change > largest * Math.max(old, now)) largest = change / Math.max(old, now)
  }
  return largest
}

function lazyStep({ offset, next, probability }: Closed, law: Float64Array): Float64Array {
  const moved = law.slice()
  for (let i = 0; i < law.length; i++) {
    const mass = law[i] as number
    for (let edge = offset[i] as number; edge < (offset[i + 1] as number); edge++) {
      const to = next[edge] as number
      moved[to] = (moved[to] as number) + mass * (probability[edge] as number)
    }
  }
  return normalise(moved)
}

/** The stationary law over the members of one closed class, a restart counting as a step. */
function stationary(chain: Closed): LongRun {
  const size = chain.offset.length - 1
  if (size <= DENSE) return { law: denseStationary(chain), error: 0 }
  const quick = iterate(chain, new Float64Array(size).fill(1 / size), QUICK_SWEEPS)
  if (quick.error <= ENOUGH) return quick
  const direct = sparseStationary(chain)
  if (direct !== null) return { law: direct, error: 0 }
  return iterate(chain, quick.law, Math.ceil(ITERATION_WORK / chain.next.length))
}

/**
 * Probabilities of ending in each class. The transient part is pushed forward, or taken out by state reduction where that is slow.
 * @returns [classes] sums to 1, and the mass that was still on its way
 */
function endings(chain: Chain, structure: Structure): { share: Float64Array; error: number } {
  const restart = chain.states.length
  if (structure.classes.length === 1) return { share: Float64Array.of(1), error: 0 }
  const quick = push(chain, structure, QUICK_SWEEPS)
  if (quick.error <= ENOUGH) return quick
  const classes = structure.classes.length
  const target = (node: number): number => {
    const own = structure.classOf[node] as number
    return own === -1 ? node : restart + 1 + own
  }
  const rows = Array.from({ length: restart + 1 + classes }, () => new Map<number, number>())
  for (let node = 0; node <= restart; node++) {
    if (structure.classOf[node] !== -1) continue
    const row = rows[node] as Map<number, number>
    for (let edge = chain.offset[node] as number; edge < (chain.offset[node + 1] as number); edge++) {
      const to = target(chain.next[edge] as number)
      row.set(to, (row.get(to) ?? 0) + (chain.probability[edge] as number))
    }
  }
  const kept = (node: number): boolean => node >= restart || structure.classOf[node] !== -1
  const { rest } = reduce(rows, { keep: kept, mostPairs: Infinity, work: TRANSIENT_WORK })
  if (!rest.every(kept)) return push(chain, structure, Math.ceil(ITERATION_WORK / chain.next.length))
  const last = rows[restart] as Map<number, number>
  return {
    share: normalise(Float64Array.from({ length: classes }, (_, i) => last.get(restart + 1 + i) ?? 0)),
    error: 0,
  }
}

function push(
  chain: Chain,
  { classes, classOf }: Structure,
  sweeps: number,
): { share: Float64Array; error: number } {
  const share = new Float64Array(classes.length)
  let law = new Float64Array(chain.states.length + 1)
  law[chain.states.length] = 1
  let error = 1
  for (let sweep = 0; sweep < sweeps && error > ENOUGH; sweep++) {
    const moved = new Float64Array(law.length)
    error = 0
    for (let node = 0; node < law.length; node++) {
      const mass = law[node] as number
      if (mass === 0) continue
      for (let edge = chain.offset[node] as number; edge < (chain.offset[node + 1] as number); edge++) {
        const to = chain.next[edge] as number
        const flow = mass * (chain.probability[edge] as number)
        const ending = classOf[to] as number
        if (ending === -1) {
          moved[to] = (moved[to] as number) + flow
          error += flow
        } else share[ending] = (share[ending] as number) + flow
      }
    }
    law = moved
  }
  return { share: normalise(share), error }
}

/**
 * The law of the state that an agent sees on average over a long run (the Cesaro limit), from its start law: the stationary laws of the
 * recurrent classes, weighted by the probabilities of ending in them. States that are seen again and again have mass above 0.
 */
export function longRun(chain: Chain, structure: Structure): LongRun {
  const restart = chain.states.length
  const law = new Float64Array(restart)
  const { share, error: shareError } = endings(chain, structure)
  let error = shareError
  structure.classes.forEach((nodes, i) => {
    const own = stationary(closedOn(nodes, (node) => successors(chain, node)))
    error = Math.max(error, own.error)
    const timed = own.law.map((mass, j) => (nodes[j] === restart ? 0 : mass))
    normalise(timed).forEach((mass, j) => {
      const node = nodes[j] as number
      // A recurrent state is visited, however rarely: its mass must not round to 0.
      if (node !== restart) law[node] = Math.max((share[i] as number) * mass, Number.MIN_VALUE)
    })
  })
  return { law, error }
}
