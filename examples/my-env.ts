/**
 * An environment of one's own, for `environment: { module: ./my-env.ts }`: a room that a heater is to keep at 20 degrees for a day,
 * in steps of a quarter of an hour. How cold it is outside is a parameter, and may differ by agent.
 */
import type { Environment } from 'fedrl/agent'
import { NOBODY, Purpose, streamOf, uniform } from 'fedrl/numeric'

const STEPS = 96
const WANTED = 20

export default function room({ outside = 5, heater = 6 }: Readonly<Record<string, number>>): Environment {
  let noise = streamOf(0, NOBODY, Purpose.environment)
  let temperature = WANTED
  let step = 0
  // what the policy sees: degrees away from what is wanted, and the time of the day in [0, 1]
  const observe = (): Float64Array => Float64Array.of(temperature - WANTED, step / STEPS)
  return {
    observationSpace: {
      kind: 'box',
      low: Float64Array.of(-Infinity, 0),
      high: Float64Array.of(Infinity, 1),
    },
    actionSpace: { kind: 'discrete', n: 2 }, // 0 off, 1 on
    reset(seed) {
      // all that is random comes from the seed
      noise = streamOf(seed, NOBODY, Purpose.environment)
      temperature = WANTED + 4 * uniform(noise) - 2
      step = 0
      return observe()
    },
    step(action) {
      const heat = action === 1 ? heater / 4 : 0
      const draught = 0.2 * uniform(noise) - 0.1
      temperature += heat - 0.05 * (temperature - outside) + draught
      step++
      const reward = -Math.abs(temperature - WANTED)
      return { observation: observe(), reward, terminated: false, truncated: step === STEPS }
    },
  }
}
