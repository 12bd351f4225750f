/** A federation of processes that are killed on the way ends in the bytes of the simulation; on the built program. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import {
  childrenOf,
  finished,
  freePort,
  killAll,
  recorded,
  resultOf,
  simulated,
  startFedrl,
} from './processes.ts'

const root = mkdtempSync(join(tmpdir(), 'fedrl-processes-'))
afterAll(() => {
  killAll()
  rmSync(root, { recursive: true })
})

function fileOf(name: string, text: string): string {
  const file = join(root, `${name}.yaml`)
  writeFileSync(file, `name: ${name}\n${text}`)
  return file
}

const Q = fileOf(
  'q',
  `
environment: { family: garnet, states: 12, actions: 3, branching: 3, discount: 0.9 }
agents: { count: 5, behavior: { dirichlet: 0.5 } }
algorithm: { name: fed-asyn-q, averaging: equal, stepSize: 0.1, syncPeriod: 10, steps: 2500, initial: perAgent }
seeds: 1
evaluate: { every: 500, metrics: [error, bytes] }
vary: { algorithm.averaging: [equal, importance] }
`,
)

const PG = fileOf(
  'pg',
  `
environment: { family: garnet, states: 5, actions: 3, branching: 2, discount: 0.8, seed: 3 }
agents: { count: 4, rewards: { heterogeneity: 0.7, pairs: false } }
algorithm: { name: fast-fedpg, policy: softmax, gradient: { rollouts: 4, horizon: 10 }, localSteps: 4, stepSize: 0.05, rounds: 80 }
seeds: 2
evaluate: { every: 40, metrics: [J, gap, bytes] }
`,
)

/** Bytes of the record of a run of which most is still to come. */
const SOME = 2000

it('serve and join: the server is killed and then an agent, and both go on', async () => {
  const live = join(root, 'q-live')
  const port = await freePort()
  const serve = ['serve', Q, '--listen', `127.0.0.1:${port}`, '--out', live]
  const joinAs = (names: string): string[] => [
    'join',
    `ws://127.0.0.1:${port}`,
    '--agent',
    names,
    '--state',
    join(root, names),
  ]
  const first = startFedrl(serve)
  const others = startFedrl(joinAs('a,b,c'))
  const killed = startFedrl(joinAs('d,e'))

  await recorded(live, SOME)
  await first.kill()
  const second = startFedrl(serve)

  await recorded(live, SOME, '1-1')
  await killed.kill()
  const again = startFedrl(joinAs('d,e'))

  await finished(second, others, again)
  expect(resultOf(live)).toEqual(simulated(Q, join(root, 'q-whole')))
})

it('up: one process holds more agents than a command line has room for', async () => {
  const file = join(root, 'many.yaml')
  // their names take 133 kB
  writeFileSync(
    file,
    `environment: { family: two-state, actions: 2, discount: 0.9 }
agents: { count: 12000, behavior: uniform }
algorithm: { name: fed-asyn-q, stepSize: 0.5, syncPeriod: 5, steps: 5, initial: 0 }
`,
  )
  const live = join(root, 'many-live')
  await finished(startFedrl(['up', file, '--processes', '1', '--out', live]))
  expect(resultOf(live)).toEqual(simulated(file, join(root, 'many-whole')))
})

it.skipIf(process.platform !== 'linux')('up: a process of agents is killed, and started again', async () => {
  const live = join(root, 'pg-live')
  const up = startFedrl(['up', PG, '--processes', '2', '--out', live])
  await recorded(live, SOME)
  process.kill(childrenOf(up.child.pid as number)[1] as number, 'SIGKILL')
  await finished(up)
  expect(up.said()).toContain('was killed (SIGKILL); it is started again')
  expect(resultOf(live)).toEqual(simulated(PG, join(root, 'pg-whole')))
})
