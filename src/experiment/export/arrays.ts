/**
 * A run as named arrays. For each variant: `<variant>/step` and `<variant>/round` [points], `<variant>/<metric>` [seeds, points] and
 * `<variant>/q` [seeds, ...shape of a model]; and `seeds` [seeds].
 */
import type { Row } from '../../metrics/row.ts'
import type { Tensor } from '../safetensors.ts'

/** One variant's rows, by column. */
interface Curves {
  /** of the first metric of the first seed */
  readonly step: number[]
  readonly round: number[]
  /** by metric, seed after seed */
  readonly values: Map<string, number[]>
}

const tensor = (data: readonly number[], shape: readonly number[]): Tensor => ({
  shape,
  data: Float64Array.from(data),
})

/** Gathers the curves of every variant from rows in (variant, seed, step) order. */
export async function curveArrays(
  batches: AsyncIterable<readonly Row[]>,
  seeds: readonly number[],
): Promise<Record<string, Tensor>> {
  const variants = new Map<string, Curves>()
  for await (const batch of batches) for (const row of batch) add(variants, row, seeds[0])
  const arrays: Record<string, Tensor> = { seeds: tensor(seeds, [seeds.length]) }
  for (const [variant, { step, round, values }] of variants) {
    const points = step.length / values.size
    const everyMetric = (_: number, i: number): boolean => i % values.size === 0
    arrays[`${variant}/step`] = tensor(step.filter(everyMetric), [points])
    arrays[`${variant}/round`] = tensor(round.filter(everyMetric), [points])
    for (const [metric, data] of values) arrays[`${variant}/${metric}`] = tensor(data, [seeds.length, points])
  }
  return arrays
}

function add(
  variants: Map<string, Curves>,
  { variant, seed, step, round, metric, value }: Row,
  firstSeed: number | undefined,
): void {
  const curves = variants.get(variant) ?? { step: [], round: [], values: new Map<string, number[]>() }
  variants.set(variant, curves)
  if (seed === firstSeed) {
    curves.step.push(step)
    curves.round.push(round)
  }
  const data = curves.values.get(metric) ?? []
  curves.values.set(metric, data)
  data.push(value)
}

/** Tensors of one shape, one a seed, as one tensor with the seeds as its first axis. */
export function stack(tensors: readonly Tensor[]): Tensor {
  const shape = tensors[0]?.shape ?? []
  const size = tensors[0]?.data.length ?? 0
  const data = new Float64Array(size * tensors.length)
  tensors.forEach((one, i) => data.set(one.data, i * size))
  return { shape: [tensors.length, ...shape], data }
}
