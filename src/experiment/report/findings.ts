/** What the data support, in plain sentences, each computed. Differences are judged seed by seed. */
import { pairedDifference, seedsToDecide } from '../../metrics/compare.ts'
import { summarise } from '../../metrics/curve.ts'
import type { Samples, SampleTable } from '../../metrics/samples.ts'
import type { ReportInput } from './input.ts'
import { counted, interval, leadingMetric, listed, number, withArticle, wordsOf } from './words.ts'

const LEVEL = 0.95
/** The ends of simultaneous intervals lie far out in the tails: they take more resamples. */
const SIMULTANEOUS_RESAMPLES = 10_000

interface Last {
  readonly name: string
  readonly samples: Samples
}

/** The sentences, in the order in which they are read. */
export function findings(input: ReportInput): string[] {
  const metrics = [...new Set([...input.samples.values()].flatMap((metrics) => [...metrics.keys()]))]
  const metric = leadingMetric(metrics)
  const lasts = metric === undefined ? [] : lastOf(input.samples, metric)
  return [
    ...(metric === undefined || lasts.length === 0 ? [] : aboutMetric(metric, lasts)),
    input.truth ?? truth(input.residual),
  ]
}

/** The last samples of one metric, for each variant that has it. */
export function lastOf(table: SampleTable, metric: string): Last[] {
  return [...table].flatMap(([name, metrics]) => {
    const samples = metrics.get(metric)?.at(-1)
    return samples === undefined ? [] : [{ name, samples }]
  })
}

function aboutMetric(metric: string, lasts: readonly Last[]): string[] {
  if (lasts.length === 1) return [alone(metric, lasts[0] as Last), ...fewSeeds(lasts)]
  if (lasts.length === 2) return [pair(metric, lasts[0] as Last, lasts[1] as Last), ...fewSeeds(lasts)]
  return [...many(metric, lasts), ...fewSeeds(lasts)]
}

const figure = ({ samples }: Last): string =>
  samples.values.length > 1 ? interval(summarise(samples)) : number(samples.values[0] as number)

const at = (lasts: readonly Last[]): string => {
  const steps = new Set(lasts.map(({ samples }) => samples.step))
  return steps.size === 1 ? `At step ${lasts[0]?.samples.step}` : 'At the last evaluation of each'
}

function alone(metric: string, last: Last): string {
  const { round, seeds } = last.samples
  const over = seeds.length > 1 ? `, the mean over ${seeds.length} seeds with its 95 % interval` : ''
  return `${at([last])}, after ${counted(round, 'averaging')}, ${last.name} has ${withArticle(wordsOf(metric).name)} of ${figure(last)}${over}.`
}

function pair(metric: string, first: Last, second: Last): string {
  const { name } = wordsOf(metric)
  const head = `${at([first, second])} ${first.name} has ${withArticle(name)} of ${figure(first)}, ${second.name} ${figure(second)} (means with 95 % intervals).`
  const difference = pairedDifference(first.samples, second.samples, { level: LEVEL })
  if (difference === null) return `${head} No seed has both, so they are not compared.`
  const { seeds, value, low, high, order } = difference
  const paired =
    seeds > 1
      ? `The paired difference over ${seeds} seeds is ${interval({ value, low, high })}`
      : `The difference at the one seed is ${number(value)}`
  const verdict =
    order === 'undecided'
      ? 'the two cannot be told apart at these seeds'
      : `${first.name} is ${order} ${second.name}`
  return `${head} ${paired}, so ${verdict}.`
}

/** Beyond this many, all pairs are too many to compare: the mean of the best alone is told. */
const MOST_COMPARED = 50

/** The best mean, and which of the others it can be told apart from: simultaneous over all pairs, since the best was picked by looking. */
function many(metric: string, lasts: readonly Last[]): string[] {
  const { name, best } = wordsOf(metric)
  const sign = best === 'lowest' ? 1 : -1
  const means = lasts.map((last) => ({ ...last, mean: summarise(last.samples, { resamples: 1 }).value }))
  const winner = means.reduce((a, b) => (sign * b.mean < sign * a.mean ? b : a))
  const head = `${at(lasts)} the ${best} mean ${name} of ${lasts.length} variants is that of ${winner.name}: ${figure(winner)}.`
  if (lasts.length > MOST_COMPARED) return [head]
  const level = 1 - (1 - LEVEL) / ((lasts.length * (lasts.length - 1)) / 2)
  const others = means.filter((last) => last !== winner)
  const apart = others.filter(({ samples }) => {
    const difference = pairedDifference(winner.samples, samples, { level, resamples: SIMULTANEOUS_RESAMPLES })
    return difference?.order === (sign > 0 ? 'below' : 'above')
  })
  const close = others.filter((last) => !apart.includes(last))
  const names = (some: readonly Last[]): string => listed(some.map((last) => last.name))
  const side = sign > 0 ? 'below' : 'above'
  const told = apart.length > 0 ? [`It is ${side} ${names(apart)}.`] : []
  const needed = seedsToDecide(level)
  const open = close.length > 0 ? [`It cannot be told apart from ${names(close)} at these seeds.`] : []
  const method = `Judged by paired differences over seeds, simultaneously over all pairs of variants at 95 %; that takes at least ${needed} seeds.`
  return [head, ...told, ...open, method]
}

function fewSeeds(lasts: readonly Last[]): string[] {
  const fewest = Math.min(...lasts.map(({ samples }) => samples.seeds.length))
  if (fewest === 1) return ['With one seed nothing can be said about how far chance moves these numbers.']
  const needed = seedsToDecide(LEVEL)
  return fewest < needed
    ? [`With ${fewest} seeds the intervals are rough, and no difference is called decided below ${needed}.`]
    : []
}

function truth(residual: number | null): string {
  if (residual === null) return 'No model is known, so there is no exact Q* to measure against.'
  return `Q* is known exactly, to within ${number(residual)} in every entry, and errors are distances to it.`
}
