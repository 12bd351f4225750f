/** Federated policy gradients written a second time, for tests: plain lists and textbook formulas. Nothing of src/ is used. */

/** [S][A] */
type Table = readonly (readonly number[])[]

const at = (list: readonly number[], i: number): number => list[i] as number
const zip = (x: readonly number[], y: readonly number[], f: (a: number, b: number) => number): number[] =>
  x.map((a, i) => f(a, at(y, i)))
const plus = (x: readonly number[], y: readonly number[]): number[] => zip(x, y, (a, b) => a + b)
const minus = (x: readonly number[], y: readonly number[]): number[] => zip(x, y, (a, b) => a - b)
const times = (c: number, x: readonly number[]): number[] => x.map((a) => c * a)
const dot = (x: readonly number[], y: readonly number[]): number =>
  zip(x, y, (a, b) => a * b).reduce((a, b) => a + b, 0)
const average = (xs: readonly (readonly number[])[]): number[] =>
  times(
    1 / xs.length,
    xs.reduce((a, b) => plus(a, b)),
  )

/** x with x = b + gamma m x, by Gauss-Jordan elimination. */
function fixedPoint(m: readonly (readonly number[])[], b: readonly number[], gamma: number): number[] {
  const rows = m.map((row, i) => [...row.map((value, j) => Number(i === j) - gamma * value), at(b, i)])
  rows.forEach((pivot, c) => {
    const size = at(pivot, c)
    pivot.forEach((value, j) => (pivot[j] = value / size))
    rows.forEach((row, i) => {
      if (i !== c) rows[i] = minus(row, times(at(row, c), pivot))
    })
  })
  return rows.map((row) => at(row, b.length))
}

/** theta -> the exact gradient of J under tabular softmax, theta and gradient as lists of S * A, uniform start law. */
export function gradientOf(
  p: readonly (readonly (readonly number[])[])[],
  r: Table,
  gamma: number,
): (theta: readonly number[]) => number[] {
  const actions = (r[0] as readonly number[]).length
  return (theta) => {
    const pi = r.map((_, s) => {
      const weights = theta.slice(s * actions, (s + 1) * actions).map((value) => Math.exp(value))
      return times(1 / weights.reduce((a, b) => a + b), weights)
    })
    const moves = p.map((rows, s) => rows.map((row, a) => times(at(pi[s] as number[], a), row)).reduce(plus))
    const back = moves.map((_, s) => moves.map((row) => at(row, s)))
    const v = fixedPoint(
      moves,
      r.map((row, s) => dot(row, pi[s] as number[])),
      gamma,
    )
    const x = fixedPoint(
      back,
      r.map(() => 1 / r.length),
      gamma,
    )
    return r.flatMap((row, s) =>
      row.map((reward, a) => {
        const q = reward + gamma * dot((p[s] as readonly (readonly number[])[])[a] as readonly number[], v)
        return at(x, s) * at(pi[s] as number[], a) * (q - at(v, s))
      }),
    )
  }
}

/** What the runs below have in common. */
export interface PlainSettings {
  readonly gradients: readonly ((theta: readonly number[]) => number[])[]
  readonly size: number
  readonly H: number
  readonly eta: number
  readonly alpha: number
  readonly rounds: number
}

const zeros = (size: number): number[] => Array.from({ length: size }, () => 0)

/** FedPG. */
export function plainFedPg({ gradients, size, H, eta, alpha, rounds }: PlainSettings): number[] {
  let x = zeros(size)
  for (let t = 0; t < rounds; t++) {
    const ends = gradients.map((g) => {
      let y = x
      for (let l = 0; l < H; l++) y = plus(y, times(eta, g(y)))
      return y
    })
    x = plus(x, times(alpha, minus(average(ends), x)))
  }
  return x
}

/** Fast-FedPG. */
export function plainFastFedPg({ gradients, size, H, eta, alpha, rounds }: PlainSettings): number[] {
  let x = zeros(size)
  for (let t = 0; t < rounds; t++) {
    const own = gradients.map((g) => g(x))
    const memory = average(own)
    const changes = gradients.map((g, i) => {
      let y = x
      for (let l = 0; l < H; l++) y = plus(y, times(eta, minus(plus(g(y), memory), own[i] as number[])))
      return minus(y, x)
    })
    x = plus(x, times(alpha, average(changes)))
  }
  return x
}

/** SCAFFOLD. */
export function plainScaffold({ gradients, size, H, eta, alpha, rounds }: PlainSettings): number[] {
  let x = zeros(size)
  let c = zeros(size)
  let own = gradients.map(() => zeros(size))
  for (let t = 0; t < rounds; t++) {
    const ends = gradients.map((g, i) => {
      let y = x
      for (let l = 0; l < H; l++) y = plus(y, times(eta, plus(minus(g(y), own[i] as number[]), c)))
      return y
    })
    const next = ends.map((y, i) => plus(minus(own[i] as number[], c), times(1 / (H * eta), minus(y, x))))
    x = plus(x, times(alpha, average(ends.map((y) => minus(y, x)))))
    c = plus(c, average(next.map((value, i) => minus(value, own[i] as number[]))))
    own = next
  }
  return x
}

/** FedSVRPG-M with exact gradients, for which every importance weight is 1. */
export function plainFedSvrpgM(settings: PlainSettings, beta: number): number[] {
  const { gradients, size, H, eta, alpha, rounds } = settings
  let [x, before, u] = [zeros(size), zeros(size), zeros(size)]
  for (let t = 0; t < rounds; t++) {
    const changes = gradients.map((g) => {
      let y = x
      for (let k = 0; k < H; k++) {
        const corrected = minus(plus(u, g(y)), g(before))
        y = plus(y, times(eta, plus(times(beta, g(y)), times(1 - beta, corrected))))
      }
      return minus(y, x)
    })
    u = times(1 / (eta * gradients.length * H), changes.reduce(plus))
    before = x
    x = plus(x, times(alpha * eta * H, u))
  }
  return x
}
