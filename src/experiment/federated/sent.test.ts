import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { fileName } from '../data-url.ts'
import type { Experiment } from '../experiment.ts'
import { experimentText } from '../manifest.ts'
import { parseExperiment } from '../parse.ts'
import { buildProblem } from '../problem.ts'
import { buildPgProblem } from '../policy-gradient/problem.ts'
import { isPolicyGradient } from '../experiment.ts'
import { expectNoFiles } from './no-files.ts'
import { sentExperiment, withOwnLogs } from './sent.ts'

const folder = await mkdtemp(join(tmpdir(), 'fedrl-sent-'))
afterAll(() => rm(folder, { recursive: true }))

const MDP = { states: 2, actions: 2, discount: 0.5, transitions: [0, 1].flatMap((s) => [0, 1].map((a) => [s, a, a, 1, s])) } // prettier-ignore
await writeFile(join(folder, 'small.mdp.json'), JSON.stringify(MDP))
await writeFile(join(folder, 'table.json'), '[[0.5, 0.5], [1, 0]]')
await writeFile(join(folder, 'rewards.json'), JSON.stringify([0, 1].map(() => [[0, 1], [1, 0]]))) // prettier-ignore
await writeFile(join(folder, 'phi.json'), '[[1, 0], [0.5, 2]]')
await writeFile(
  join(folder, 'lift.js'),
  `export default ({ top = 3 }) => {
  let at = 0
  return {
    observationSpace: { kind: 'box', low: [0, -Infinity], high: [top, 1] },
    actionSpace: { kind: 'discrete', n: 2 },
    reset: () => [(at = 0), 0],
    step: () => ({ observation: [++at, 0], reward: 0, terminated: at === 3, truncated: false }),
  }
}`,
)

function parsed(text: string, from = folder): Experiment {
  const result = parseExperiment(text, { folder: from, name: 'x' })
  if (!result.ok) throw new Error(result.issues.map(({ message }) => message).join('\n'))
  return result.value
}

/** What an agent somewhere else reads. */
const arrived = async (experiment: Experiment): Promise<Experiment> =>
  parsed(experimentText(await sentExperiment(experiment)), '/nowhere')

const Q = 'algorithm: { name: fed-asyn-q, stepSize: 0.1, syncPeriod: 5, steps: 50 }\n'
const SIZES = 'environment: { states: 2, actions: 2, discount: 0.9, rewardRange: [0, 1] }\n'

describe('what is sent', () => {
  it('holds its files: the same problem is built where they are not', async () => {
    const here = parsed(`environment: { mdp: small.mdp.json }\nagents: { count: 2, behavior: { table: table.json } }\n${Q}`) // prettier-ignore
    const there = await arrived(here)
    expect(() => expectNoFiles(there, 'x')).not.toThrow()
    const [one, other] = [here, there].map(({ variants }) => variants[0]?.settings)
    if (!one || !other || isPolicyGradient(one) || isPolicyGradient(other))
      throw new Error('expected Q-learning')
    expect(await buildProblem(other, 1, '/nowhere')).toEqual(await buildProblem(one, 1, folder))
  })

  it('holds those of policy gradients, also where they vary', async () => {
    const here = parsed(`environment: { mdp: small.mdp.json }
agents: { count: 2, rewards: rewards.json }
algorithm: { name: fedpg, gradient: exact, localSteps: 1, stepSize: 0.1, rounds: 2 }
vary:
  algorithm.policy: [softmax, { linear: { matrix: phi.json } }]
  agents.dynamics: [{ heterogeneity: 0.5 }, { mdps: [small.mdp.json, small.mdp.json] }]
`)
    const there = await arrived(here)
    expect(() => expectNoFiles(there, 'x')).not.toThrow()
    for (const [i, { settings }] of there.variants.entries()) {
      const own = here.variants[i]?.settings
      if (!own || !isPolicyGradient(own) || !isPolicyGradient(settings)) throw new Error('expected gradients')
      const [one, other] = [
        await buildPgProblem(own, 1, folder),
        await buildPgProblem(settings, 1, '/nowhere'),
      ]
      expect([other.truth?.mdps, other.shape]).toEqual([one.truth?.mdps, one.shape])
    }
  })

  it('does not name logs: neither in the file nor where the section varies', async () => {
    const text = experimentText(
      await sentExperiment(
        parsed(
          `environment: { family: river-swim, discount: 0.9 }\n${Q}vary: { agents: [{ logs: [a.csv, b.csv] }, { count: 2 }] }\n`,
        ),
      ),
    )
    expect(text).not.toContain('.csv')
    expect(parsed(text).variants.map(({ settings }) => settings.agents)).toEqual([
      { count: 2, experience: 'own', behavior: 'uniform' },
      { count: 2, behavior: 'uniform' },
    ])
  })

  it('holds the spaces of a module, and not the module', async () => {
    const there = await arrived(
      parsed(`environment: { module: lift.js, discount: 0.9, parameters: { top: 4 } }
algorithm: { name: fedpg, policy: { mlp: [4] }, gradient: { rollouts: 2, horizon: 5 }, localSteps: 1, stepSize: 0.1, rounds: 2 }
evaluate: { metrics: [episodeReturn] }
`),
    )
    expect(there.variants[0]?.settings.environment).toEqual({
      observationSpace: { kind: 'box', low: [0, null], high: [4, 1] },
      actionSpace: { kind: 'discrete', n: 2 },
      discount: 0.9,
      parameters: { top: 4 },
    })
    expect(experimentText(there)).not.toContain('lift')
  })

  it('is the same text wherever the files lie', async () => {
    const text = `environment: { mdp: small.mdp.json }\n${Q}`
    const copy = await mkdtemp(join(tmpdir(), 'fedrl-sent-'))
    await writeFile(join(copy, 'small.mdp.json'), JSON.stringify(MDP))
    const [one, other] = [await sentExperiment(parsed(text)), await sentExperiment(parsed(text, copy))]
    expect(experimentText(other)).toBe(experimentText(one))
    await rm(copy, { recursive: true })
  })

  it('cannot be made where logs vary one by one, or a file is missing', async () => {
    const logs = parsed(`${SIZES}${Q}vary: { agents.logs: [[a.csv], [b.csv]] }\n`)
    expect(() => withOwnLogs(logs)).toThrow('vary.agents.logs: an agent of a federation brings one log')
    const sections = parsed(`${SIZES}${Q}vary: { agents: [{ logs: [a.csv] }, { logs: [b.csv] }] }\n`)
    expect(() => withOwnLogs(sections)).toThrow('vary: an agent of a federation brings one log')
    await expect(sentExperiment(parsed(`environment: { mdp: other.mdp.json }\n${Q}`))).rejects.toThrow(
      'other.mdp.json: no such file',
    )
  })
})

it('an experiment from outside may not name files of this machine', () => {
  for (const text of [
    `environment: { mdp: /etc/small.mdp.json }\n${Q}`,
    `${SIZES}agents: { logs: [/var/log/a.csv] }\n${Q}`,
    `environment: { family: taxi, discount: 0.9 }\nagents: { behavior: { table: ./t.json } }\n${Q}`,
  ])
    expect(() => expectNoFiles(parsed(text), 'sent')).toThrow('no file is read because a server names it')
})

it('the name of a file that travels is that of the file', async () => {
  const sent = await sentExperiment(parsed(`environment: { mdp: small.mdp.json }\n${Q}`))
  const environment = sent.document['environment'] as { readonly mdp: string }
  expect(fileName(environment.mdp)).toBe('small.mdp.json')
})
