/** The settings of one variant of policy gradients: its sections validated, checked against each other, and completed by defaults. */
import type { Result } from '../../numeric/result.ts'
import { environmentIssues } from '../settings-environment.ts'
import { zodIssues } from '../issues.ts'
import { type PgSections, pgSettingsSchema } from './schema.ts'
import { agentsIssues } from './settings-agents.ts'
import { algorithmIssues } from './settings-algorithm.ts'
import { metricIssues } from './settings-metrics.ts'
import { isFiniteSpec } from './settings-kind.ts'
import type { PgMetric, PgSettings } from './spec.ts'

/** A curve of at most 200 points. */
const defaultEvery = (rounds: number): number => Math.ceil(rounds / 200)

/** What there is to say of every problem of its kind. The best common policy is not known where dynamics differ. */
function defaultMetrics({ environment, agents }: PgSections): readonly PgMetric[] {
  if ('observationSpace' in environment) return ['drift', 'rounds']
  if (!isFiniteSpec(environment)) return ['episodeReturn']
  return agents.dynamics === undefined ? ['J', 'gap', 'gradientNorm'] : ['J', 'gradientNorm']
}

/** The settings that the sections of a file give, or all that is wrong with them, with paths into the file. */
export function pgSettingsOf(sections: unknown): Result<PgSettings> {
  const parsed = pgSettingsSchema.safeParse(sections)
  if (!parsed.success) return { ok: false, issues: zodIssues(parsed.error) }
  const { environment, agents, algorithm, evaluate } = parsed.data
  const settings: PgSettings = {
    environment,
    agents,
    algorithm,
    evaluate: {
      every: evaluate.every ?? defaultEvery(algorithm.rounds),
      metrics: evaluate.metrics ?? defaultMetrics(parsed.data),
      episodes: evaluate.episodes,
    },
  }
  const issues = [
    ...(isFiniteSpec(environment) ? environmentIssues(environment) : []),
    ...agentsIssues(settings),
    ...algorithmIssues(settings),
    ...metricIssues(settings),
  ]
  return issues.length > 0 ? { ok: false, issues } : { ok: true, value: settings }
}
