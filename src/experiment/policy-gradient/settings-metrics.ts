/** Which metrics fit a variant of policy gradients. */
import type { Issue } from '../../numeric/result.ts'
import { isFiniteSpec, nameOf } from './settings-kind.ts'
import { EPISODE_METRICS, MODEL_METRICS, type PgMetric, type PgSettings } from './spec.ts'

const among = (metrics: readonly PgMetric[], metric: PgMetric): boolean => metrics.includes(metric)

/** What is wrong with the metrics of a variant. */
export const metricIssues = (settings: PgSettings): Issue[] =>
  settings.evaluate.metrics.flatMap((metric, index) => {
    const message = whyNot(metric, settings)
    return message === undefined ? [] : [{ path: ['evaluate', 'metrics', index], message }]
  })

function whyNot(metric: PgMetric, { environment, agents, algorithm }: PgSettings): string | undefined {
  const finite = isFiniteSpec(environment)
  if (among(MODEL_METRICS, metric) && !finite)
    return `${metric} needs the model of a finite problem, got ${nameOf(environment)}: expected ${EPISODE_METRICS.join(', ')}, drift, samples, rounds or bytes`
  if (among(EPISODE_METRICS, metric) && finite)
    return `${metric} is for environments without a model: expected J, which is exact here`
  if (metric === 'gap' && agents.dynamics !== undefined)
    return 'gap compares with the best common policy, which is not known where dynamics differ'
  if (metric === 'personalJ' && algorithm.personalize === undefined)
    return 'personalJ is measured after own steps of the agents: give algorithm.personalize'
  const planted = typeof agents.rewards === 'object' && 'clusters' in agents.rewards
  if (metric === 'assignment' && !(planted && algorithm.name === 'ifca'))
    return 'assignment compares found clusters with planted ones: give agents.rewards with clusters, and ifca as algorithm'
  return undefined
}
