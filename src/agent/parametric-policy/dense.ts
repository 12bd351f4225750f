/**
 * One dense layer y = b + W x, forward and back. Four rows of W are worked on at a time, which leaves the order of the additions within
 * every sum as it is written in the formulas: from index 0 upwards.
 */

/** Where a layer lies in theta: W [outputs, inputs] row by row from `weights` on, b [outputs] from `biases` on. */
export interface Dense {
  readonly inputs: number
  readonly outputs: number
  readonly weights: number
  readonly biases: number
}

/** y_o = b_o + sum_i W_oi x_i. */
export function denseForward(
  { inputs, outputs, weights, biases }: Dense,
  theta: Float64Array,
  x: Float64Array,
  y: Float64Array,
): void {
  let o = 0
  for (; o + 4 <= outputs; o += 4) {
    const [r0, r1] = [weights + o * inputs, weights + (o + 1) * inputs]
    const [r2, r3] = [weights + (o + 2) * inputs, weights + (o + 3) * inputs]
    let y0 = theta[biases + o] as number
    let y1 = theta[biases + o + 1] as number
    let y2 = theta[biases + o + 2] as number
    let y3 = theta[biases + o + 3] as number
    for (let i = 0; i < inputs; i++) {
      const xi = x[i] as number
      y0 += (theta[r0 + i] as number) * xi
      y1 += (theta[r1 + i] as number) * xi
      y2 += (theta[r2 + i] as number) * xi
      y3 += (theta[r3 + i] as number) * xi
    }
    y[o] = y0
    y[o + 1] = y1
    y[o + 2] = y2
    y[o + 3] = y3
  }
  for (; o < outputs; o++) {
    let sum = theta[biases + o] as number
    for (let i = 0; i < inputs; i++) sum += (theta[weights + o * inputs + i] as number) * (x[i] as number)
    y[o] = sum
  }
}

/** gradient_W += delta x^T and gradient_b += delta, at their places in `into`. */
export function addOuter(
  { inputs, outputs, weights, biases }: Dense,
  delta: Float64Array,
  x: Float64Array,
  into: Float64Array,
): void {
  let o = 0
  for (; o + 4 <= outputs; o += 4) {
    const [r0, r1] = [weights + o * inputs, weights + (o + 1) * inputs]
    const [r2, r3] = [weights + (o + 2) * inputs, weights + (o + 3) * inputs]
    const [d0, d1] = [delta[o] as number, delta[o + 1] as number]
    const [d2, d3] = [delta[o + 2] as number, delta[o + 3] as number]
    for (let i = 0; i < inputs; i++) {
      const xi = x[i] as number
      into[r0 + i] = (into[r0 + i] as number) + d0 * xi
      into[r1 + i] = (into[r1 + i] as number) + d1 * xi
      into[r2 + i] = (into[r2 + i] as number) + d2 * xi
      into[r3 + i] = (into[r3 + i] as number) + d3 * xi
    }
  }
  for (; o < outputs; o++) {
    const [row, d] = [weights + o * inputs, delta[o] as number]
    for (let i = 0; i < inputs; i++) into[row + i] = (into[row + i] as number) + d * (x[i] as number)
  }
  for (let b = 0; b < outputs; b++) into[biases + b] = (into[biases + b] as number) + (delta[b] as number)
}

/** back_i = sum_o W_oi delta_o. */
export function denseBackward(
  { inputs, outputs, weights }: Dense,
  theta: Float64Array,
  delta: Float64Array,
  back: Float64Array,
): void {
  for (let i = 0; i < inputs; i++) back[i] = 0
  let o = 0
  for (; o + 4 <= outputs; o += 4) {
    const [r0, r1] = [weights + o * inputs, weights + (o + 1) * inputs]
    const [r2, r3] = [weights + (o + 2) * inputs, weights + (o + 3) * inputs]
    const [d0, d1] = [delta[o] as number, delta[o + 1] as number]
    const [d2, d3] = [delta[o + 2] as number, delta[o + 3] as number]
    for (let i = 0; i < inputs; i++)
      back[i] =
        (back[i] as number) +
        (theta[r0 + i] as number) * d0 +
        (theta[r1 + i] as number) * d1 +
        (theta[r2 + i] as number) * d2 +
        (theta[r3 + i] as number) * d3
  }
  for (; o < outputs; o++) {
    const d = delta[o] as number
    for (let i = 0; i < inputs; i++)
      back[i] = (back[i] as number) + (theta[weights + o * inputs + i] as number) * d
  }
}
