/** Which experiments can be carried out by a federation. */
import { InputError } from '../errors.ts'
import { isPolicyGradient, type Experiment, type Settings } from '../experiment.ts'
import { agentsOf } from '../trial.ts'

/**
 * The number of agents of an experiment, the same in all variants.
 * @param file for messages
 * @throws InputError where it cannot be carried out by a federation: one issue a reason
 */
export function federationSize({ variants }: Experiment, file: string): number {
  const sizes = [...new Set(variants.map(({ settings }) => agentsOf(settings)))]
  const reasons = new Set(variants.flatMap(({ settings }) => obstacles(settings)))
  if (sizes.length > 1)
    reasons.add(
      `expected one number of agents, for the members stay the same through all variants; got ${sizes.join(', ')}`,
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
