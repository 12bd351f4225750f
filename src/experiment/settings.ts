/** The settings of one variant: its sections validated, checked against each other, and completed by defaults. */
import type { Issue, Result } from '../numeric/result.ts'
import { stepSizeAt } from '../numeric/step-size.ts'
import { getIn } from './data.ts'
import type {
  AlgorithmSpec,
  BehaviorSpec,
  EnvironmentSpec,
  Metric,
  QSettings,
  Settings,
} from './experiment.ts'
import { fault, zodIssues } from './issues.ts'
import { pgSettingsOf } from './policy-gradient/settings.ts'
import { PG_ALGORITHMS } from './policy-gradient/spec.ts'
import { type Sections, settingsSchema } from './schema.ts'
import { environmentIssues } from './settings-environment.ts'

const MODEL_METRICS: ReadonlySet<Metric> = new Set(['error', 'normalizedError', 'rmse', 'return', 'gap'])

/** Whether the metric compares with the truth, so that it needs the model. */
const needsModel = (metric: Metric): boolean => MODEL_METRICS.has(metric)

/** Whether the environment has a model: everything but bare sizes has. */
const hasModel = (environment: EnvironmentSpec): boolean => 'family' in environment || 'mdp' in environment

/** A curve of at most about 40 points that never asks for more than one point an averaging. */
const defaultEvery = (algorithm: AlgorithmSpec): number =>
  Math.max(Math.ceil(algorithm.steps / 40), 'syncPeriod' in algorithm ? algorithm.syncPeriod : 1)

const initialIssues = ({ initial, initialSeed }: AlgorithmSpec): Issue[] =>
  typeof initial === 'number' && initialSeed !== undefined
    ? [fault('algorithm.initialSeed', 'does not belong beside a constant initial table, which is not random')]
    : []

/** A schedule is largest at the start; rounding must not make it 1 there. The discount of an .mdp.json is not known here. */
function scheduleIssues({ stepSize }: AlgorithmSpec, environment: EnvironmentSpec): Issue[] {
  const first = stepSizeAt(stepSize, 0, environment.discount ?? 0)
  return first < 1
    ? []
    : [fault('algorithm.stepSize', `expected a schedule below 1, got ${first} at the first step`)]
}

/** Whether a behaviour is made from the model: from its values, or from where actions lead. */
const needsModelToAct = (behavior: BehaviorSpec): boolean =>
  typeof behavior === 'object' && ('epsilonGreedy' in behavior || 'region' in behavior)

function experienceIssues({ environment, agents, algorithm }: Sections): Issue[] {
  const logs = 'logs' in agents
  const own = 'experience' in agents
  const issues: Issue[] = []
  if (!logs && !own && !hasModel(environment))
    issues.push(
      fault(
        'agents',
        'without a model the agents can only learn from logs, or from experience of their own: give agents.logs or agents.experience, or an environment with family or mdp',
      ),
    )
  if (own && !hasModel(environment) && needsModelToAct(agents.behavior))
    issues.push(
      fault(
        'agents.behavior',
        'is made from the model, and none is known: expected uniform, one-action, dirichlet, mixture or table',
      ),
    )
  if (algorithm.name === 'fed-syn-q' && logs)
    issues.push(fault('agents.logs', 'fed-syn-q samples every pair at every step, which a log cannot give'))
  if (algorithm.name === 'fed-syn-q' && own)
    issues.push(
      fault(
        'agents.experience',
        'fed-syn-q samples every pair of the model at every step, which no experience of an agent gives',
      ),
    )
  if (algorithm.name === 'fed-syn-q' && !logs && !own && agents.behavior !== 'uniform')
    issues.push(
      fault('agents.behavior', 'fed-syn-q samples every pair at every step and follows no behaviour policy'),
    )
  return issues
}

const metricIssues = (environment: EnvironmentSpec, metrics: readonly Metric[]): Issue[] =>
  hasModel(environment)
    ? []
    : metrics.flatMap((metric, index) =>
        needsModel(metric)
          ? [
              {
                path: ['evaluate', 'metrics', index],
                message: `${metric} compares with the truth, and no model is known: expected samples, rounds or bytes`,
              },
            ]
          : [],
      )

/** The settings of a variant of Q-learning, or all that is wrong with its sections. */
function qSettingsOf(sections: unknown): Result<QSettings> {
  const parsed = settingsSchema.safeParse(sections)
  if (!parsed.success) return { ok: false, issues: zodIssues(parsed.error) }
  const { environment, agents, algorithm, evaluate } = parsed.data
  const metrics = evaluate.metrics ?? (hasModel(environment) ? ['error'] : ['samples', 'rounds'])
  const issues = [
    ...environmentIssues(environment),
    ...initialIssues(algorithm),
    ...scheduleIssues(algorithm, environment),
    ...experienceIssues(parsed.data),
    ...metricIssues(environment, metrics),
  ]
  if (issues.length > 0) return { ok: false, issues }
  return {
    ok: true,
    value: {
      environment,
      agents,
      algorithm,
      evaluate: { every: evaluate.every ?? defaultEvery(algorithm), metrics },
    },
  }
}

/**
 * The settings that the sections `environment`, `agents`, `algorithm` and `evaluate` of a file give, or all that is wrong with them,
 * with paths into the file. What the other sections may hold depends on the algorithm: where it has an unknown name, only that is told.
 */
export function settingsOf(sections: unknown): Result<Settings> {
  const name = getIn(sections, ['algorithm', 'name'])
  if (PG_ALGORITHMS.some((known) => known === name)) return pgSettingsOf(sections)
  const settings = qSettingsOf(sections)
  if (settings.ok) return settings
  const unnamed = settings.issues.filter(({ path }) => path.join('.') === 'algorithm.name')
  return unnamed.length > 0 && name !== undefined ? { ok: false, issues: unnamed } : settings
}
