/** The built-in environments by their names in Gymnasium, with what can be set of each as data, and the parameters of each agent. */
import { ACROBOT, acrobot } from '../../agent/environment/acrobot.ts'
import { CART_POLE, cartPole } from '../../agent/environment/cart-pole.ts'
import { MOUNTAIN_CAR, mountainCar } from '../../agent/environment/mountain-car.ts'
import type { ParameterTable } from '../../agent/environment/parameters.ts'
import { PENDULUM, pendulum } from '../../agent/environment/pendulum.ts'
import type { Environment } from '../../agent/environment.ts'
import type { ENVIRONMENTS, Parameters, PgAgentsSpec } from './spec.ts'

/** A name in Gymnasium. */
export type EnvironmentName = (typeof ENVIRONMENTS)[number]

/** A built-in environment. */
export interface BuiltIn {
  /** what can be set, with ranges and defaults */
  readonly parameters: ParameterTable
  /** @throws RangeError on a parameter that is not known or out of its range */
  readonly make: (parameters: Parameters) => Environment
}

/** The built-in environments. */
export const BUILT_IN: Readonly<Record<EnvironmentName, BuiltIn>> = {
  'CartPole-v1': { parameters: CART_POLE, make: cartPole },
  'Acrobot-v1': { parameters: ACROBOT, make: acrobot },
  'MountainCar-v0': { parameters: MOUNTAIN_CAR, make: mountainCar },
  'Pendulum-v1': { parameters: PENDULUM, make: pendulum },
}

/**
 * The own parameters of one agent of `count`: agent k takes values[k mod n] of a list of n, and from + (to - from) k / (count - 1) of a
 * range; a single agent takes `from`.
 * @param agent index, from 0
 */
export function parametersOf(
  parameters: PgAgentsSpec['parameters'],
  agent: number,
  count: number,
): Parameters {
  const own = Object.entries(parameters ?? {}).map(([name, values]): [string, number] => {
    if (!('from' in values)) return [name, values[agent % values.length] as number]
    const { from, to } = values
    // The last agent takes `to` itself, whatever rounding does to the sum.
    if (agent > 0 && agent === count - 1) return [name, to]
    return [name, count > 1 ? from + ((to - from) * agent) / (count - 1) : from]
  })
  return Object.fromEntries(own)
}
