/** Which experiments can be carried out by a federation. */
import { InputError } from '../errors.ts'
import { EPISODE_METRICS } from '../policy-gradient/spec.ts'
import { agentsOf, isPolicyGradient, type Experiment, type Settings } from '../experiment.ts'

/**
 * The number of agents of an experiment, the same in all variants.
 * @param file for messages
 * @throws InputError where it cannot be carried out by a federation: one issue a reason
 */
export function federationSize({ variants, participation }: Experiment, file: string): number {
  const sizes = [...new Set(variants.map(({ settings }) => agentsOf(settings)))]
  const reasons = new Set(variants.flatMap(({ settings }) => obstacles(settings)))
  if (sizes.length > 1)
    reasons.add(
      `expected one number of agents, for the members stay the same through all variants; got ${sizes.join(', ')}`,
    )
  const everybody = variants.some(({ settings }) => settings.algorithm.name === 'q-learning')
  if (everybody && (participation?.minimum ?? Infinity) < Math.max(...sizes))
    reasons.add(
      'q-learning needs everybody, for each of its agents hands in a whole table of its own: leave participation.minimum out',
    )
  if (reasons.size > 0)
    throw new InputError(
      file,
      [...reasons].map((message) => ({ path: [], message })),
    )
  return sizes[0] ?? 0
}

/** What stands between a variant and a federation; `fedrl run` simulates all of them. */
function obstacles(settings: Settings): string[] {
  if (!isPolicyGradient(settings)) return []
  const { name, policy, personalize } = settings.algorithm
  const found: string[] = []
  const acted = settings.evaluate.metrics.find((metric) => EPISODE_METRICS.includes(metric))
  if (acted !== undefined && 'observationSpace' in settings.environment)
    found.push(
      `evaluate.metrics: ${acted} is measured by acting, and only the spaces of the environment are known: expected drift, rounds or bytes`,
    )
  if (name === 'local' || name === 'central')
    found.push(`${name} has nothing for agents and a server to exchange: fedrl run simulates it`)
  if (typeof policy === 'object' && 'mlp' in policy && policy.ownHead)
    found.push(
      'with ownHead parts of the model stay with the agents, and a federation cannot write it: fedrl run simulates it',
    )
  if (personalize !== undefined)
    found.push(
      'personalize is what agents do on their own after the last round, and do not tell: fedrl run simulates it',
    )
  return found
}
