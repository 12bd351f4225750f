/**
 * Linear systems (I - M) x = b, where M = gamma P_pi or its transpose: small ones by elimination, large ones by BiCGSTAB with
 * symmetric Gauss-Seidel as preconditioner. No pivoting is needed: I - M is diagonally dominant by rows or by columns.
 */

/** A square matrix by rows: row i holds value[start[i] .. start[i + 1]) in the columns of the same positions. */
export interface Sparse {
  /** [n + 1] */
  readonly start: Uint32Array
  readonly column: Uint32Array
  readonly value: Float64Array
}

/** Gives x from b, [n] both: exact up to rounding, or an approximation whose residual is smaller than b. */
export type Solver = (b: Float64Array) => Float64Array

/** Up to this many unknowns, elimination is the faster way. */
const DENSE = 64
/** Iterations of one Krylov solve; callers refine, so that this bounds the work and not the accuracy. */
const KRYLOV = 400
/** One Krylov solve ends once its residual is this much smaller than b. */
const REDUCTION = 1e-10
/** Gauss-Seidel sweeps of one solve, where the Krylov method broke down. */
const SWEEPS = 50

/** A solver for (I - m) x = b. What is prepared is prepared once. */
export const solverOf = (m: Sparse): Solver =>
  m.start.length - 1 <= DENSE ? eliminationSolver(m) : krylovSolver(m)

/** The transpose of `m`. */
export function transpose(m: Sparse): Sparse {
  const n = m.start.length - 1
  const start = new Uint32Array(n + 1)
  for (const column of m.column) start[column + 1] = (start[column + 1] as number) + 1
  for (let i = 0; i < n; i++) start[i + 1] = (start[i + 1] as number) + (start[i] as number)
  const at = start.slice(0, n)
  const column = new Uint32Array(m.column.length)
  const value = new Float64Array(m.column.length)
  for (let row = 0; row < n; row++) {
    for (let i = m.start[row] as number; i < (m.start[row + 1] as number); i++) {
      const target = m.column[i] as number
      const place = at[target] as number
      at[target] = place + 1
      column[place] = row
      value[place] = m.value[i] as number
    }
  }
  return { start, column, value }
}

/** b - (I - m) x. */
export function residualOf(m: Sparse, x: Float64Array, b: Float64Array): Float64Array {
  const result = new Float64Array(b.length)
  for (let row = 0; row < b.length; row++) {
    let sum = (b[row] as number) - (x[row] as number)
    for (let i = m.start[row] as number; i < (m.start[row + 1] as number); i++) {
      sum += (m.value[i] as number) * (x[m.column[i] as number] as number)
    }
    result[row] = sum
  }
  return result
}

/** Gaussian elimination without pivoting; rows that do not meet the pivot's column are skipped. */
export function eliminationSolver(m: Sparse): Solver {
  const n = m.start.length - 1
  const lu = new Float64Array(n * n)
  for (let row = 0; row < n; row++) {
    lu[row * n + row] = 1
    for (let i = m.start[row] as number; i < (m.start[row + 1] as number); i++) {
      const at = row * n + (m.column[i] as number)
      lu[at] = (lu[at] as number) - (m.value[i] as number)
    }
  }
  for (let pivot = 0; pivot < n; pivot++) {
    for (let row = pivot + 1; row < n; row++) {
      if ((lu[row * n + pivot] as number) !== 0) eliminate(lu, n, pivot, row)
    }
  }
  return (b) => substitute(lu, b)
}

function eliminate(lu: Float64Array, n: number, pivot: number, row: number): void {
  const factor = (lu[row * n + pivot] as number) / (lu[pivot * n + pivot] as number)
  lu[row * n + pivot] = factor
  for (let j = pivot + 1; j < n; j++) {
    lu[row * n + j] = (lu[row * n + j] as number) - factor * (lu[pivot * n + j] as number)
  }
}

function substitute(lu: Float64Array, b: Float64Array): Float64Array {
  const n = b.length
  const x = b.slice()
  for (let row = 1; row < n; row++) {
    let sum = x[row] as number
    for (let j = 0; j < row; j++) sum -= (lu[row * n + j] as number) * (x[j] as number)
    x[row] = sum
  }
  for (let row = n - 1; row >= 0; row--) {
    let sum = x[row] as number
    for (let j = row + 1; j < n; j++) sum -= (lu[row * n + j] as number) * (x[j] as number)
    x[row] = sum / (lu[row * n + row] as number)
  }
  return x
}

/** A matrix I - M taken apart into its diagonal and, by rows, the entries of M below and above it. */
interface Split {
  readonly m: Sparse
  readonly diagonal: Float64Array
  readonly lower: Sparse
  readonly upper: Sparse
}

function splitOf(m: Sparse): Split {
  const n = m.start.length - 1
  const diagonal = new Float64Array(n).fill(1)
  for (let row = 0; row < n; row++) {
    for (let i = m.start[row] as number; i < (m.start[row + 1] as number); i++) {
      if ((m.column[i] as number) === row) diagonal[row] = (diagonal[row] as number) - (m.value[i] as number)
    }
  }
  return { m, diagonal, lower: halfOf(m, true), upper: halfOf(m, false) }
}

/** The entries of `m` on one side of its diagonal. */
function halfOf(m: Sparse, below: boolean): Sparse {
  const n = m.start.length - 1
  const start = new Uint32Array(n + 1)
  const column = new Uint32Array(m.column.length)
  const value = new Float64Array(m.column.length)
  let size = 0
  for (let row = 0; row < n; row++) {
    for (let i = m.start[row] as number; i < (m.start[row + 1] as number); i++) {
      const at = m.column[i] as number
      if (below ? at >= row : at <= row) continue
      column[size] = at
      value[size++] = m.value[i] as number
    }
    start[row + 1] = size
  }
  return { start, column: column.subarray(0, size), value: value.subarray(0, size) }
}

const rowTimes = (m: Sparse, row: number, x: Float64Array): number => {
  let sum = 0
  const end = m.start[row + 1] as number
  for (let i = m.start[row] as number; i < end; i++)
    sum += (m.value[i] as number) * (x[m.column[i] as number] as number)
  return sum
}

/** One symmetric Gauss-Seidel step from zero: x = (D - U)^-1 D (D - L)^-1 b. */
function precondition(split: Split, b: Float64Array, x: Float64Array): void {
  const { diagonal, lower, upper } = split
  const n = b.length
  for (let row = 0; row < n; row++) {
    x[row] = ((b[row] as number) + rowTimes(lower, row, x)) / (diagonal[row] as number)
  }
  for (let row = n - 1; row >= 0; row--) {
    x[row] = (x[row] as number) + rowTimes(upper, row, x) / (diagonal[row] as number)
  }
}

function applyTo(split: Split, x: Float64Array, y: Float64Array): void {
  const { m } = split
  for (let row = 0; row < x.length; row++) y[row] = (x[row] as number) - rowTimes(m, row, x)
}

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number)
  return sum
}

const largest = (a: Float64Array): number => {
  let most = 0
  for (const value of a) most = Math.max(most, Math.abs(value))
  return most
}

/** y = y + factor * x */
const addScaled = (y: Float64Array, factor: number, x: Float64Array): void => {
  for (let i = 0; i < y.length; i++) y[i] = (y[i] as number) + factor * (x[i] as number)
}

/** BiCGSTAB from two starts, and where neither helped Gauss-Seidel sweeps, which always contract. */
export function krylovSolver(m: Sparse): Solver {
  const split = splitOf(m)
  return (b) => {
    for (const shadow of [b, irregular(b.length)]) {
      const x = bicgstab(split, b, shadow)
      if (largest(residualOf(m, x, b)) <= largest(b) / 2) return x
    }
    return sweeps(split, b)
  }
}

/** A vector without structure, so that it is orthogonal to nothing by chance: the golden ratio's multiples modulo 1, less 1/2. */
const irregular = (n: number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => (((i + 1) * 0.6180339887498949) % 1) - 0.5)

function sweeps(split: Split, b: Float64Array): Float64Array {
  const x = new Float64Array(b.length)
  const step = new Float64Array(b.length)
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    precondition(split, residualOf(split.m, x, b), step)
    addScaled(x, 1, step)
  }
  return x
}

/**
 * Right-preconditioned BiCGSTAB from x = 0. Source: van der Vorst, SISC 13, 1992. Stops at a breakdown with what it has.
 * @param shadow [n] the vector that the residuals are tested against
 */
function bicgstab(split: Split, b: Float64Array, shadow: Float64Array): Float64Array {
  const n = b.length
  const x = new Float64Array(n)
  const r = b.slice()
  const p = new Float64Array(n)
  const v = new Float64Array(n)
  const t = new Float64Array(n)
  const pHat = new Float64Array(n)
  const sHat = new Float64Array(n)
  const goal = largest(b) * REDUCTION
  let [rho, alpha, omega] = [1, 1, 1]
  for (let k = 0; k < KRYLOV && largest(r) > goal; k++) {
    const rhoNext = dot(shadow, r)
    const beta = (rhoNext / rho) * (alpha / omega)
    rho = rhoNext
    for (let i = 0; i < n; i++) p[i] = (r[i] as number) + beta * ((p[i] as number) - omega * (v[i] as number))
    precondition(split, p, pHat)
    applyTo(split, pHat, v)
    alpha = rho / dot(shadow, v)
    if (!Number.isFinite(alpha)) break
    addScaled(x, alpha, pHat)
    addScaled(r, -alpha, v)
    if (largest(r) <= goal) break
    precondition(split, r, sHat)
    applyTo(split, sHat, t)
    omega = dot(t, r) / dot(t, t)
    if (!Number.isFinite(omega) || omega === 0) break
    addScaled(x, omega, sHat)
    addScaled(r, -omega, t)
  }
  return x
}
