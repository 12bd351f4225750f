import { describe, expect, it } from 'vitest'
import type { Invitation } from '../../federation/agent.ts'
import type { LocalRun, Worked } from '../../federation/agent-run.ts'
import { parseExperiment } from '../parse.ts'
import { mayBeLong, withThread, type WorkThread } from './long-work.ts'

const invitation: Invitation = { variant: 0, seed: 1, name: 'a', agent: 0, agents: 1, experiment: null }
const done = (text: string): Worked => ({ ok: true, value: { state: text, frame: new Uint8Array() } })
const local: LocalRun = { phases: 1, isRepeatable: true, init: () => 0, work: () => done('here') }

/** A thread whose work takes so long, one after the other. */
const threadOf = (...durations: number[]): WorkThread => ({
  work: () => Promise.resolve({ done: done('thread'), ms: durations.shift() ?? NaN }),
})

describe('where work is done', () => {
  it('short work is done here, at once', () => {
    const run = withThread(local, threadOf(), invitation, false)
    expect(run.work(null, new Uint8Array())).toEqual(done('here'))
  })

  it('what may be long goes to the thread, until it is known to be short', async () => {
    const run = withThread(local, threadOf(5000, 10), invitation, true)
    expect(await run.work(null, new Uint8Array())).toEqual(done('thread'))
    expect(await run.work(null, new Uint8Array())).toEqual(done('thread'))
    expect(run.work(null, new Uint8Array())).toEqual(done('here'))
  })
})

const settingsOf = (text: string) => {
  const parsed = parseExperiment(text, { folder: '/' })
  if (!parsed.ok) throw new Error(parsed.issues[0]?.message)
  const [variant] = parsed.value.variants
  if (variant === undefined) throw new Error('expected a variant')
  return variant.settings
}

const Q = `environment: { family: garnet, states: 20, actions: 5, branching: 3, discount: 0.9 }
algorithm: { name: fed-asyn-q, stepSize: 0.1, steps: 1000000000, syncPeriod: `

it.each([
  ['a hundred steps', settingsOf(`${Q}100 }`), {}, false],
  ['a billion steps', settingsOf(`${Q}1000000000 }`), {}, true],
  ['a program of the agent', settingsOf(`${Q}100 }`), { module: 'a.ts' }, true],
  [
    'a few rollouts',
    settingsOf(
      'environment: { family: CartPole-v1, discount: 0.9 }\nalgorithm: { name: fedpg, policy: { mlp: [8] }, gradient: { rollouts: 4, horizon: 100 }, localSteps: 2, stepSize: 0.1, rounds: 3 }',
    ),
    {},
    false,
  ],
])('may be long: %s', (_, settings, own, long) => {
  expect(mayBeLong(settings, own)).toBe(long)
})
