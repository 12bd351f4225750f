/** The policy of a variant over the spaces of its problem, with the file of its features read. */
import type { Space } from '../../../agent/environment.ts'
import type { DiscretePolicy, ParametricPolicy } from '../../../agent/parametric-policy.ts'
import type { Result } from '../../../numeric/result.ts'
import { pathIn } from '../../data-url.ts'
import { InputError } from '../../errors.ts'
import { EXPERIMENT_FILE } from '../../problem.ts'
import { readFeatureMatrix } from '../feature-matrix.ts'
import { policyFor } from '../policy.ts'
import type { PolicySpec } from '../spec.ts'

type DiscreteSpace = Extract<Space, { kind: 'discrete' }>

/** What a policy observes and does. */
export interface Spaces {
  /** what messages call the environment */
  readonly name: string
  readonly observationSpace: Space
  readonly actionSpace: Space
}

/**
 * The policy of a variant.
 * @param folder that relative paths refer to
 * @throws InputError where the policy does not fit, or the file of its features is wrong
 */
export async function policyIn(spec: PolicySpec, spaces: Spaces, folder: string): Promise<ParametricPolicy> {
  const { name, observationSpace, actionSpace } = spaces
  return unwrapped(
    policyFor(spec, observationSpace, actionSpace, { name, ...(await matrixOf(spec, spaces, folder)) }),
  )
}

/** {@link policyIn} for finitely many states and actions. */
export async function finitePolicyIn(
  spec: PolicySpec,
  spaces: Spaces & { readonly actionSpace: DiscreteSpace },
  folder: string,
): Promise<DiscretePolicy> {
  const { name, observationSpace, actionSpace } = spaces
  return unwrapped(
    policyFor(spec, observationSpace, actionSpace, { name, ...(await matrixOf(spec, spaces, folder)) }),
  )
}

async function matrixOf(
  spec: PolicySpec,
  { observationSpace }: Spaces,
  folder: string,
): Promise<{ matrix?: Float64Array }> {
  if (typeof spec !== 'object' || !('linear' in spec) || typeof spec.linear !== 'object') return {}
  if (!('matrix' in spec.linear) || observationSpace.kind !== 'discrete') return {}
  return { matrix: await readFeatureMatrix(pathIn(folder, spec.linear.matrix), observationSpace.n) }
}

function unwrapped<T>(policy: Result<T>): T {
  if (policy.ok) return policy.value
  const issues = policy.issues.map((issue) => ({ ...issue, path: ['algorithm', ...issue.path] }))
  throw new InputError(EXPERIMENT_FILE, issues)
}
