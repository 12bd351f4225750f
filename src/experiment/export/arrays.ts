/**
 * A run as named arrays. For each variant: `<variant>/step` and `<variant>/round` [points], `<variant>/<metric>` [seeds, points] and
 * `<variant>/q`, `theta`, `pi` ... [seeds, ...shape of a model]; and `seeds` [seeds].
 */
import type { Row } from '../../metrics/row.ts'
import type { Tensor } from '../safetensors.ts'

/** One variant's rows. */
interface Curves {
  /** round of each step, steps in the order in which they are met */
  readonly rounds: Map<number, number>
  /** by metric: seed, step, value after one another */
  readonly values: Map<string, number[]>
}

const tensor = (data: readonly number[], shape: readonly number[]): Tensor => ({
  shape,
  data: Float64Array.from(data),
})

/** Gathers the curves of every variant. Where a seed has no value at a step, as after a divergence, there is NaN. */
export async function curveArrays(
  batches: AsyncIterable<readonly Row[]>,
  seeds: readonly number[],
): Promise<Record<string, Tensor>> {
  const variants = new Map<string, Curves>()
  for await (const batch of batches) for (const row of batch) add(variants, row)
  const arrays: Record<string, Tensor> = { seeds: tensor(seeds, [seeds.length]) }
  for (const [variant, { rounds, values }] of variants) {
    const steps = [...rounds.keys()].toSorted((a, b) => a - b)
    arrays[`${variant}/step`] = tensor(steps, [steps.length])
    arrays[`${variant}/round`] = tensor(
      steps.map((step) => rounds.get(step) ?? NaN),
      [steps.length],
    )
    for (const [metric, triples] of values) arrays[`${variant}/${metric}`] = gridOf(triples, seeds, steps)
  }
  return arrays
}

function add(variants: Map<string, Curves>, { variant, seed, step, round, metric, value }: Row): void {
  const curves = variants.get(variant) ?? { rounds: new Map<number, number>(), values: new Map() }
  variants.set(variant, curves)
  curves.rounds.set(step, round)
  const triples = curves.values.get(metric) ?? []
  curves.values.set(metric, triples)
  triples.push(seed, step, value)
}

/** [seeds, steps] */
function gridOf(triples: readonly number[], seeds: readonly number[], steps: readonly number[]): Tensor {
  const rowOf = new Map(seeds.map((seed, i) => [seed, i]))
  const columnOf = new Map(steps.map((step, i) => [step, i]))
  const data = new Float64Array(seeds.length * steps.length).fill(NaN)
  for (let i = 0; i < triples.length; i += 3) {
    const [row = 0, column = 0] = [rowOf.get(triples[i] as number), columnOf.get(triples[i + 1] as number)]
    data[row * steps.length + column] = triples[i + 2] as number
  }
  return { shape: [seeds.length, steps.length], data }
}

/** Tensors of one shape, one a seed, as one tensor with the seeds as its first axis. */
export function stack(tensors: readonly Tensor[]): Tensor {
  const shape = tensors[0]?.shape ?? []
  const size = tensors[0]?.data.length ?? 0
  const data = new Float64Array(size * tensors.length)
  tensors.forEach((one, i) => data.set(one.data, i * size))
  return { shape: [tensors.length, ...shape], data }
}
