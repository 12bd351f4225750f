import { describe, expect, it } from 'vitest'
import type { PgUpdate } from '../protocol/pg-messages.ts'
import { fastFedPgRule } from './fast-fedpg.ts'
import { federatedAverage, projectedAverage } from './federated-average.ts'
import { fedSvrpgMRule } from './fedsvrpg-m.ts'
import { ifcaRule } from './ifca.ts'
import { checkPgRule, contractOf } from './pg-rule.contract.ts'
import { scaffoldRule } from './scaffold.ts'

const clustered = contractOf({
  algorithm: 'ifca',
  clusters: 2,
  initial: Float64Array.of(0, 0, 0, 0, 7, 7, 1, 1, 1, 1, 8, 8),
})
const whole = contractOf({ algorithm: 'projpavg', size: 4, initial: Float64Array.of(0.5, 0.5, 0.25, 0.75) })
checkPgRule('fedpg', contractOf(), federatedAverage(contractOf()))
checkPgRule('projpavg', whole, projectedAverage(whole, 2))
checkPgRule('fast-fedpg', contractOf({ algorithm: 'fast-fedpg' }), fastFedPgRule(contractOf({ algorithm: 'fast-fedpg' }))) // prettier-ignore
checkPgRule('scaffold', contractOf({ algorithm: 'scaffold' }), scaffoldRule(contractOf({ algorithm: 'scaffold' }))) // prettier-ignore
checkPgRule('fedsvrpg-m', contractOf({ algorithm: 'fedsvrpg-m' }), fedSvrpgMRule(contractOf({ algorithm: 'fedsvrpg-m' }))) // prettier-ignore
checkPgRule('ifca', { ...clustered, agents: 9 }, ifcaRule({ ...clustered, agents: 9 }))

const update = (agent: number, vector: number[], more: Partial<PgUpdate> = {}): PgUpdate => ({
  agent,
  round: 0,
  phase: 0,
  vector: Float64Array.from(vector),
  control: null,
  cluster: null,
  ...more,
})
const [first, second, third] = [update(0, [1, 0, 0, 0]), update(1, [3, 0, 0, 1]), update(2, [2, 0, 0, 2])]

describe('federatedAverage', () => {
  it('adds alpha_g times the mean change', () => {
    const rule = federatedAverage(contractOf())
    expect([...rule.fold(rule.init(), [first, second, third]).theta]).toEqual([1.5, 0.5, 0.25, 1.25])
  })

  it('averages over those who took part, and refuses to average over nobody', () => {
    const rule = federatedAverage(contractOf())
    expect(rule.fold(rule.init(), [second]).theta[0]).toBe(2)
    expect(() => rule.fold(rule.init(), [])).toThrow('expected at least one vector, got none')
  })
})

describe('projectedAverage', () => {
  it('stays among policies, whatever the server step size', () => {
    const rule = projectedAverage({ ...whole, serverStepSize: 5 }, 2)
    const { theta } = rule.fold(rule.init(), [update(0, [0.25, -0.25, 0.5, -0.5])])
    expect([...theta]).toEqual([1, 0, 1, 0])
  })
})

describe('fastFedPgRule', () => {
  it('gives back the mean gradient, then adds alpha_g times the mean change', () => {
    const rule = fastFedPgRule(contractOf({ algorithm: 'fast-fedpg' }))
    const asked = rule.fold(rule.init(), [first, second, third])
    expect([...(rule.task(asked)?.direction ?? [])]).toEqual([2, 0, 0, 1])
    const closed = rule.fold(asked, [first, second, third])
    expect([...closed.theta]).toEqual([1.5, 0.5, 0.25, 1.25])
    expect(closed.direction).toBeNull()
  })
})

describe('scaffoldRule', () => {
  it('moves its control variate by m / N of the mean change of those of m agents', () => {
    const rule = scaffoldRule(contractOf({ algorithm: 'scaffold' }))
    const answers = [
      { ...first, control: Float64Array.of(3, 0, 0, 6) },
      { ...third, control: Float64Array.of(6, 0, 0, 0) },
    ]
    const { theta, direction } = rule.fold(rule.init(), answers)
    expect([...theta]).toEqual([1.25, 0.5, 0.25, 1.25])
    expect([...(direction ?? [])]).toEqual([3, 0, 0, 2])
  })

  it('names the agent that sent none', () => {
    const rule = scaffoldRule(contractOf({ algorithm: 'scaffold' }))
    expect(() => rule.fold(rule.init(), [first])).toThrow('Update of agent 0 has no control variate')
  })
})

describe('fedSvrpgMRule', () => {
  it('begins without momentum at its own start, and then keeps the mean step and where it came from', () => {
    const rule = fedSvrpgMRule(contractOf({ algorithm: 'fedsvrpg-m' }))
    const start = rule.init()
    expect([start.direction, start.previous]).toEqual([new Float64Array(4), start.theta])
    const { theta, direction, previous } = rule.fold(start, [first, second, third])
    expect(previous).toEqual(start.theta)
    // eta H = 2.5
    expect([...(direction ?? [])]).toEqual([0.8, 0, 0, 0.4])
    expect([...theta]).toEqual([1.5, 0.5, 0.25, 1.25])
  })
})

describe('ifcaRule', () => {
  it('averages each cluster on its own, and leaves alone what nobody joined', () => {
    const rule = ifcaRule(clustered)
    const join = (cluster: number) => (one: PgUpdate) => ({ ...one, cluster })
    expect([...rule.fold(rule.init(), [first, second].map(join(1))).theta]).toEqual([
      0, 0, 0, 0, 2, 1, 1, 1.25,
    ])
    const apart = [join(1)(first), join(0)(second)]
    expect([...rule.fold(rule.init(), apart).theta]).toEqual([1.5, 0, 0, 0.5, 1.5, 1, 1, 1])
  })
})
