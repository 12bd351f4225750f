/** The settings of one variant: its sections validated, checked against each other, and completed by defaults. */
import type { z } from 'zod'
import type { Issue, Result } from '../numeric/result.ts'
import { stepSizeAt } from '../numeric/step-size.ts'
import type { AlgorithmSpec, EnvironmentSpec, Metric, Settings } from './experiment.ts'
import { type Sections, settingsSchema } from './schema.ts'

/** A variant's table larger than this is refused: it would take gigabytes for every table. */
const MOST_PAIRS = 100_000_000

const MODEL_METRICS: ReadonlySet<Metric> = new Set(['error', 'normalizedError', 'rmse', 'return', 'gap'])

/** Whether the metric compares with the truth, so that it needs the model. */
const needsModel = (metric: Metric): boolean => MODEL_METRICS.has(metric)

/** Whether the environment has a model: everything but bare sizes has. */
const hasModel = (environment: EnvironmentSpec): boolean => 'family' in environment || 'mdp' in environment

/** The issues of a schema, each once, one for every fault and key. */
export function zodIssues(error: z.ZodError): Issue[] {
  const issues = error.issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? part.toString() : part))
    if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }]
    const messages = issue.message.split('\n')
    return issue.keys.map((key, index) => ({
      path: [...path, key],
      message: messages[index] ?? issue.message,
    }))
  })
  return [...new Map(issues.map((issue) => [JSON.stringify(issue), issue])).values()]
}

/** A curve of at most about 40 points that never asks for more than one point an averaging. */
const defaultEvery = (algorithm: AlgorithmSpec): number =>
  Math.max(Math.ceil(algorithm.steps / 40), 'syncPeriod' in algorithm ? algorithm.syncPeriod : 1)

const fault = (path: string, message: string): Issue => ({ path: path.split('.'), message })

function environmentIssues(environment: EnvironmentSpec): Issue[] {
  const issues: Issue[] = []
  if ('mdp' in environment) {
    const npz = environment.mdp.endsWith('.npz')
    if (!npz && !environment.mdp.endsWith('.json'))
      issues.push(
        fault(
          'environment.mdp',
          `expected a path that ends in .mdp.json or .npz, got ${JSON.stringify(environment.mdp)}`,
        ),
      )
    for (const key of ['layout', 'discount'] as const) {
      if (npz && environment[key] === undefined)
        issues.push(fault(`environment.${key}`, `missing, an .npz file does not state its ${key}`))
      if (!npz && environment[key] !== undefined)
        issues.push(
          fault(`environment.${key}`, `does not belong beside an .mdp.json file, which states its own`),
        )
    }
  }
  if (
    'states' in environment &&
    'actions' in environment &&
    environment.states * environment.actions > MOST_PAIRS
  )
    issues.push(
      fault(
        'environment',
        `expected at most ${MOST_PAIRS} pairs of state and action, got ${environment.states * environment.actions}`,
      ),
    )
  if ('branching' in environment && environment.branching > environment.states)
    issues.push(
      fault(
        'environment.branching',
        `expected at most the ${environment.states} states, got ${environment.branching}`,
      ),
    )
  return issues
}

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

function experienceIssues({ environment, agents, algorithm }: Sections): Issue[] {
  const logs = 'logs' in agents
  const issues: Issue[] = []
  if (!logs && !hasModel(environment))
    issues.push(
      fault(
        'agents',
        'without a model the agents can only learn from logs: give agents.logs, or an environment with family or mdp',
      ),
    )
  if (algorithm.name === 'fed-syn-q' && logs)
    issues.push(fault('agents.logs', 'fed-syn-q samples every pair at every step, which a log cannot give'))
  if (algorithm.name === 'fed-syn-q' && !logs && agents.behavior !== 'uniform')
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

/**
 * The settings that the sections `environment`, `agents`, `algorithm` and `evaluate` of a file give, or all that is wrong with them,
 * with paths into the file.
 */
export function settingsOf(sections: unknown): Result<Settings> {
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
