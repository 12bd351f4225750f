/** `summary.json`: the last value of every metric, over seeds. */
import { bootstrapInterval, median } from '../numeric/statistics.ts'
import type { Experiment, Settings, Variant } from './experiment.ts'
import type { Manifest } from './manifest.ts'
import type { Account } from './trial.ts'

/** A metric over seeds. Null stands for a number that is not finite. */
export interface MetricSummary {
  readonly mean: number | null
  readonly median: number | null
  /** 95 % percentile bootstrap interval of the mean over seeds; low = high = mean for one seed */
  readonly low: number | null
  readonly high: number | null
  /** seeds */
  readonly n: number
}

/** One variant of a finished run. */
export interface VariantSummary {
  readonly name: string
  /** what this variant sets, by path into the experiment file */
  readonly assignment: Variant['assignment']
  /** everything, defaults filled in */
  readonly settings: Settings
  /** at the last evaluation */
  readonly metrics: Readonly<Record<string, MetricSummary>>
  /** what a reader must know, each once */
  readonly notes: readonly string[]
}

/** A finished run in numbers. */
export interface Summary {
  readonly fedrl: string
  readonly name: string
  /** sha256 of `experiment.yaml`, hex */
  readonly experiment: string
  readonly seeds: readonly number[]
  /** all agents, variants and seeds together */
  readonly agentSteps: number
  /** max |Q*_sampled - Q*| / max |Q*|: what the resolution of random draws costs; null where it is not known */
  readonly samplingDifference: number | null
  readonly variants: readonly VariantSummary[]
}

/** The statistic of one metric over seeds. */
export function summariseValues(values: readonly number[]): MetricSummary {
  const n = values.length
  if (!values.every(Number.isFinite)) return { mean: null, median: null, low: null, high: null, n }
  const { value, low, high } = bootstrapInterval(values, { statistic: 'mean', level: 0.95 })
  return { mean: value, median: median(values), low, high, n }
}

/**
 * Sums up a variant.
 * @param accounts one a seed, in the order of the seeds
 */
export function summariseVariant(variant: Variant, accounts: readonly Account[]): VariantSummary {
  const names = new Set(accounts.flatMap(({ final }) => Object.keys(final)))
  const metrics: Record<string, MetricSummary> = {}
  for (const name of names) metrics[name] = summariseValues(accounts.map(({ final }) => final[name] ?? NaN))
  const notes = [...new Set(accounts.flatMap((account) => account.notes))]
  return { name: variant.name, assignment: variant.assignment, settings: variant.settings, metrics, notes }
}

/**
 * Sums up a run.
 * @param accounts of every trial, in the order of the trials
 * @param samplingDifference as in {@link Summary}
 * @param warnings what theory warns of, by variant; they stand before its other notes
 */
export function summarise(
  experiment: Experiment,
  manifest: Manifest,
  accounts: readonly Account[],
  samplingDifference: number | null,
  warnings: ReadonlyMap<string, readonly string[]> = new Map(),
): Summary {
  const seeds = experiment.seeds.length
  return {
    fedrl: manifest.fedrl,
    name: experiment.name,
    experiment: manifest.experiment,
    seeds: experiment.seeds,
    agentSteps: accounts.reduce((sum, { agentSteps }) => sum + agentSteps, 0),
    samplingDifference,
    variants: experiment.variants.map((variant, v) =>
      withNotes(
        warnings.get(variant.name) ?? [],
        summariseVariant(variant, accounts.slice(v * seeds, (v + 1) * seeds)),
      ),
    ),
  }
}

const withNotes = (notes: readonly string[], variant: VariantSummary): VariantSummary => ({
  ...variant,
  notes: [...notes, ...variant.notes],
})

/** The {@link Summary} that a text holds, judged by its first keys; null where it holds none. */
export function parseSummary(text: string): Summary | null {
  try {
    const value = JSON.parse(text) as Partial<Summary> | null
    const whole =
      typeof value?.fedrl === 'string' &&
      typeof value.agentSteps === 'number' &&
      Array.isArray(value.seeds) &&
      Array.isArray(value.variants) &&
      value.variants.every((variant: Partial<VariantSummary> | null) => isVariant(variant))
    return whole ? (value as Summary) : null
  } catch {
    return null
  }
}

const isVariant = (variant: Partial<VariantSummary> | null): boolean =>
  typeof variant?.name === 'string' &&
  typeof variant.metrics === 'object' &&
  typeof variant.settings === 'object' &&
  Array.isArray(variant.notes)
