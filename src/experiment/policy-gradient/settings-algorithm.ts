/** Rules between an algorithm of policy gradients, its policy and its gradients, and what the agents act in. */
import type { Issue } from '../../numeric/result.ts'
import { fault } from '../issues.ts'
import { policyFor } from './policy.ts'
import { isFiniteSpec, nameOf, spacesOf } from './settings-kind.ts'
import type { PgAlgorithmSpec, PgEnvironmentSpec, PgSettings, PolicySpec, ProgramSpec } from './spec.ts'

/** Algorithms whose local steps are taken on a table, with the model of the agent. */
const TABULAR: Partial<Record<PgAlgorithmSpec['name'], string>> = {
  softpavg: 'steps along the exact advantages',
  projpavg: 'projects tables of probabilities, moved along exact gradients',
  qavg: 'averages tables of Q, swept with the exact model',
}

/** Algorithms with one common policy of which the last layer can stay with the agent. */
const WITH_HEADS: readonly PgAlgorithmSpec['name'][] = ['fedpg', 'fast-fedpg', 'scaffold', 'fedsvrpg-m']

/** What is wrong with the algorithm of a variant. */
export function algorithmIssues({ environment, agents, algorithm }: PgSettings): Issue[] {
  const issues = [
    ...policyIssues(environment, algorithm.policy),
    ...gradientIssues(environment, algorithm),
    ...tabularIssues(algorithm),
    ...ownIssues(algorithm),
  ]
  if (algorithm.clusters !== undefined && algorithm.clusters > agents.count)
    issues.push(
      fault(
        'algorithm.clusters',
        `expected at most one cluster for each of the ${agents.count} agents, got ${algorithm.clusters}`,
      ),
    )
  return issues
}

const policyIssues = (environment: PgEnvironmentSpec, policy: PolicySpec): Issue[] =>
  isFiniteSpec(environment)
    ? finitePolicyIssues(environment, policy)
    : programPolicyIssues(environment, policy)

/** The features of states; how many states there are is not known before an Mdp file is read. */
const OF_STATES = ['one-hot', 'matrix']

function finitePolicyIssues(environment: PgEnvironmentSpec, policy: PolicySpec): Issue[] {
  if (typeof policy === 'string' || !('linear' in policy)) return []
  const [name = ''] = typeof policy.linear === 'string' ? [policy.linear] : Object.keys(policy.linear)
  if (OF_STATES.includes(name)) return []
  return [
    fault(
      'algorithm.policy',
      `linear (${name}) needs observations that are vectors, ${nameOf(environment)} has numbered states: softmax, linear (one-hot, matrix) and mlp fit`,
    ),
  ]
}

/** Of a module the spaces are not known before it is loaded. */
function programPolicyIssues(environment: ProgramSpec, policy: PolicySpec): Issue[] {
  const spaces = spacesOf(environment)
  if (spaces === null) return []
  const { observationSpace, actionSpace } = spaces
  const built = policyFor(policy, observationSpace, actionSpace, { name: nameOf(environment) })
  return built.ok ? [] : built.issues.map((issue) => ({ ...issue, path: ['algorithm', ...issue.path] }))
}

function gradientIssues(
  environment: PgEnvironmentSpec,
  { gradient, policy, stepSize }: PgAlgorithmSpec,
): Issue[] {
  const finite = isFiniteSpec(environment)
  const needsModel = (path: string, what: string, instead: string): Issue[] =>
    finite
      ? []
      : [
          fault(
            path,
            `${what} needs the model of a finite problem, got ${nameOf(environment)}: expected ${instead}`,
          ),
        ]
  const issues = stepSize === 'auto' ? needsModel('algorithm.stepSize', 'auto', 'a step size above 0') : []
  if (gradient === 'exact')
    return [...issues, ...needsModel('algorithm.gradient', 'exact', 'a mapping with rollouts and horizon')]
  if (gradient.baseline === 'value' && !(finite && policy === 'softmax'))
    issues.push(
      fault(
        'algorithm.gradient.baseline',
        'value keeps a mean for every state, which belongs to policy softmax: expected none or leave-one-out',
      ),
    )
  if (gradient.baseline === 'leave-one-out' && gradient.rollouts < 2)
    issues.push(
      fault(
        'algorithm.gradient.baseline',
        `leave-one-out is the mean of the other rollouts: expected at least 2 rollouts, got ${gradient.rollouts}`,
      ),
    )
  return issues
}

function tabularIssues({ name, policy, gradient, stepSize, entropy }: PgAlgorithmSpec): Issue[] {
  const why = TABULAR[name]
  if (why === undefined) return []
  const issues: Issue[] = []
  if (policy !== 'softmax')
    issues.push(fault('algorithm.policy', `expected softmax, got ${Object.keys(policy)[0]}: ${name} ${why}`))
  if (gradient !== 'exact')
    issues.push(fault('algorithm.gradient', `expected exact, got rollouts: ${name} ${why}`))
  if (name === 'projpavg' && entropy > 0)
    issues.push(
      fault(
        'algorithm.entropy',
        `expected 0, got ${entropy}: projected policies have entries 0, where the bonus has no gradient`,
      ),
    )
  if (stepSize === 'auto')
    issues.push(
      fault(
        'algorithm.stepSize',
        `expected a number, got "auto": the safe region is not one of ${name}, which ${why}`,
      ),
    )
  return issues
}

/** Own heads, own steps, and policies that must differ at the start. */
function ownIssues({ name, policy, entropy, personalize, initial, clusters = 1 }: PgAlgorithmSpec): Issue[] {
  const issues: Issue[] = []
  const perceptron = typeof policy === 'object' && 'mlp' in policy
  if (perceptron && policy.ownHead && !WITH_HEADS.includes(name))
    issues.push(
      fault(
        'algorithm.policy.ownHead',
        `needs a common policy and agents that keep a part of it (${WITH_HEADS.join(', ')}), got ${name}`,
      ),
    )
  if (perceptron && policy.ownHead && policy.mlp.length === 0)
    issues.push(
      fault('algorithm.policy.mlp', 'expected at least one layer beside the own head, got an empty list'),
    )
  if (personalize !== undefined && name === 'local')
    issues.push(fault('algorithm.personalize', 'begins at the common policy, and agents of local have none'))
  if (personalize !== undefined && name === 'qavg' && entropy === 0)
    issues.push(
      fault(
        'algorithm.personalize',
        'begins at the policy that is greedy for the common Q, where no gradient is left: give qavg an entropy above 0',
      ),
    )
  const beginEqual = typeof initial === 'number' || (initial === 'policy' && !perceptron)
  if (clusters > 1 && beginEqual)
    issues.push(
      fault(
        'algorithm.initial',
        'expected a mapping with normal: clusters that begin with equal policies stay equal',
      ),
    )
  return issues
}
