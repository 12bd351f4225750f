import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eliminationSolver, krylovSolver, residualOf, transpose, type Sparse } from './linear.ts'

/** Sparse matrices of 1-30 rows, entries >= 0, rows summing to at most 0.99. */
const matrices: fc.Arbitrary<Sparse> = fc
  .array(fc.array(fc.tuple(fc.nat(29), fc.integer({ min: 1, max: 9 })), { maxLength: 4 }), {
    minLength: 1,
    maxLength: 30,
  })
  .map((rows) => {
    const start = Uint32Array.from([0, ...rows.map((_, i) => rows.slice(0, i + 1).flat().length)])
    const value = rows.flatMap((row) => {
      const total = row.reduce((sum, [, weight]) => sum + weight, 0)
      return row.map(([, weight]) => (0.99 * weight) / total)
    })
    return {
      start,
      column: Uint32Array.from(rows.flat(), ([column]) => column % rows.length),
      value: Float64Array.from(value),
    }
  })

const righthand = (n: number): Float64Array => Float64Array.from({ length: n }, (_, i) => ((i * 7) % 11) - 3)

const size = (x: Float64Array): number => Math.max(...x.map(Math.abs))

describe('solvers of (I - M) x = b', () => {
  it('leave no residual, for rows and for columns that sum to less than 1', () => {
    fc.assert(
      fc.property(matrices, (rows) => {
        const b = righthand(rows.start.length - 1)
        for (const m of [rows, transpose(rows)]) {
          const exact = eliminationSolver(m)(b)
          expect(size(residualOf(m, exact, b))).toBeLessThan(1e-11)
          expect(size(residualOf(m, krylovSolver(m)(b), b))).toBeLessThan(1e-8)
        }
      }),
      { seed: 1, numRuns: 200 },
    )
  })

  /** M that moves all of row i, times `factor`, to column target[i]. */
  const mapping = (factor: number, target: readonly number[]): Sparse => ({
    start: Uint32Array.from({ length: target.length + 1 }, (_, i) => i),
    column: Uint32Array.from(target),
    value: new Float64Array(target.length).fill(factor),
  })

  it('reduce the residual also where the Krylov method fails from its usual start', () => {
    const m = mapping(0.999999, [2, 2, 6, 1, 5, 1, 4, 2])
    const b = new Float64Array(8)
    b[2] = 1
    expect(size(residualOf(m, krylovSolver(m)(b), b))).toBeLessThan(1e-6)
  })

  it('reduce the residual also where products of residuals underflow', () => {
    const m = mapping(0.9, [1, 2, 3, 4, 0])
    const b = Float64Array.of(1e-200, 0, 0, 0, 0)
    expect(size(residualOf(m, krylovSolver(m)(b), b))).toBeLessThan(1e-203)
  })

  it('give 0 for 0', () => {
    const m = mapping(0.9, [1, 0])
    expect([...krylovSolver(m)(new Float64Array(2))]).toEqual([0, 0])
  })
})

describe('transpose', () => {
  it('moves entry (i, j) to (j, i), twice being the same matrix with its columns in order', () => {
    const m: Sparse = {
      start: Uint32Array.of(0, 2, 2, 3),
      column: Uint32Array.of(1, 2, 0),
      value: Float64Array.of(0.1, 0.2, 0.3),
    }
    const t = transpose(m)
    expect([...t.start]).toEqual([0, 1, 2, 3])
    expect([...t.column]).toEqual([2, 0, 0])
    expect([...t.value]).toEqual([0.3, 0.1, 0.2])
    expect(transpose(t)).toEqual(m)
  })
})
