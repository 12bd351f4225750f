/** Numbers and metrics in words. */
import type { Interval } from '../../numeric/statistics.ts'
import type { Verdict } from '../claim/judge.ts'

/** A number with four significant digits, as short as it can be written: 0.045, 2.3e-6. */
export function number(value: number): string {
  const rounded = Number(value.toPrecision(4))
  return rounded !== 0 && Math.abs(rounded) < 1e-4 ? rounded.toExponential() : String(rounded)
}

/** A number and its interval: 0.045 [0.043, 0.048]. */
export function interval({ value, low, high }: Interval): string {
  return `${number(value)} [${number(low)}, ${number(high)}]`
}

/** Names in a sentence: a, b and c; after `most` names the rest is counted. */
export function listed(names: readonly string[], most = 6): string {
  const shown = names.length > most ? [...names.slice(0, most), `${names.length - most} more`] : names
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1) as string}`
}

/** The names of some of `all` variants; 'both variants' or 'all variants' where these are all. */
export function variantsNamed(names: readonly string[], all: number): string {
  if (names.length < all || all < 2) return listed(names)
  return all === 2 ? 'both variants' : 'all variants'
}

/** 1 seed, 2 seeds. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** Rising whole numbers, neighbours as ranges: '1 to 100, 205'; after `most` ranges the rest is counted: '0, 20 and 98 more'. */
export function rangesOf(numbers: readonly number[], most = Infinity): string {
  const ranges: [number, number][] = []
  for (const number of numbers) {
    const last = ranges.at(-1)
    if (last !== undefined && last[1] + 1 === number) last[1] = number
    else ranges.push([number, number])
  }
  const shown = ranges.slice(0, most)
  const rest = numbers.length - shown.reduce((sum, [from, to]) => sum + to - from + 1, 0)
  const text = shown.map(([from, to]) => (from === to ? String(from) : `${from} to ${to}`)).join(', ')
  return rest === 0 ? text : `${text} and ${rest} more`
}

/** What agents do to pairs they cover: known of a law, not of a log. */
export const visiting = (empirical: boolean): string => (empirical ? 'visits' : 'keeps visiting')

/** a gap, an error. */
export function withArticle(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`
}

/** '4 of 5 claims hold, 1 does not hold'. */
export function outcomeOf(verdicts: readonly Verdict[]): string {
  const count = (wanted: Verdict['verdict']): number =>
    verdicts.filter(({ verdict }) => verdict === wanted).length
  const [failing, open] = [count('does not hold'), count('undecided')]
  return [
    `${count('holds')} of ${verdicts.length} claims hold`,
    ...(failing > 0 ? [`${failing} ${failing === 1 ? 'does' : 'do'} not hold`] : []),
    ...(open > 0 ? [`${open} ${open === 1 ? 'is' : 'are'} undecided`] : []),
  ].join(', ')
}

interface MetricWords {
  /** for axes, with its unit */
  readonly label: string
  /** for sentences */
  readonly name: string
  /** which end is the good one */
  readonly best: 'lowest' | 'highest'
}

const METRIC_WORDS: Readonly<Record<string, MetricWords>> = {
  normalizedError: {
    label: 'normalised error, (1 − γ) · max |Q − Q*|',
    name: 'normalised error',
    best: 'lowest',
  },
  error: { label: 'error, max |Q − Q*|', name: 'error', best: 'lowest' },
  rmse: { label: 'root mean square of Q − Q*', name: 'root mean square error', best: 'lowest' },
  gap: { label: 'gap J* − J', name: 'gap', best: 'lowest' },
  return: { label: 'return J of the greedy policy', name: 'return', best: 'highest' },
  J: { label: 'J of the average problem', name: 'J', best: 'highest' },
  episodeReturn: { label: 'mean episode return', name: 'episode return', best: 'highest' },
  worstEpisodeReturn: {
    label: 'mean episode return of the worst agent',
    name: 'episode return of the worst agent',
    best: 'highest',
  },
  worstJ: { label: 'J_i of the worst agent', name: 'J of the worst agent', best: 'highest' },
  personalJ: { label: 'mean J_i after local steps', name: 'J after personalisation', best: 'highest' },
  gradientNorm: { label: 'gradient norm |∇J|', name: 'gradient norm', best: 'lowest' },
  squaredGradientNorm: {
    label: 'squared gradient norm |∇J|²',
    name: 'squared gradient norm',
    best: 'lowest',
  },
  drift: {
    label: 'drift, root mean square distance of local iterates from their mean',
    name: 'drift',
    best: 'lowest',
  },
  assignment: { label: 'rate of right assignments', name: 'rate of right assignments', best: 'highest' },
}

/** How a metric is spoken of; one that is not known keeps its name. */
export function wordsOf(metric: string): MetricWords {
  return METRIC_WORDS[metric] ?? { label: metric, name: metric, best: 'lowest' }
}

/** Whether a metric is that of one agent, `agentJ.3`: many, so they stand in one table. */
export const isOfOneAgent = (metric: string): boolean => /^(agentJ|personalJ)\.\d+$/.test(metric)

/** Metrics that count what was spent. They are the same for every seed and need no curve. */
export const COUNTS: readonly string[] = ['samples', 'rounds', 'bytes']

/** The metric that the summary speaks of: the first known one of these that was measured, else the first measured. */
export function leadingMetric(metrics: readonly string[]): string | undefined {
  return (
    Object.keys(METRIC_WORDS).find((metric) => metrics.includes(metric)) ??
    metrics.find((metric) => !COUNTS.includes(metric))
  )
}
