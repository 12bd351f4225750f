/**
 * A federation over NATS whose server loses its machine: killed at random instants, its run folder gone, it goes on elsewhere from the copy on
 * the broker, which is killed too; on the built program.
 */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Purpose, below, streamOf } from '../src/numeric/stream.ts'
import { fedrl } from './fedrl.ts'
import { noBroker, startBroker, type Broker } from './nats-server.ts'
import { finished, killAll, resultOf, simulated, startFedrl, type Running } from './processes.ts'
import { until } from './until.ts'

/** So many times the server is killed; without the flag a few. */
const USUAL_KILLS = 3
const KILLS = Number(process.env['FEDRL_MIRROR_KILLS'] ?? USUAL_KILLS)
const SEED = Number(process.env['FEDRL_KILLS_SEED'] ?? 1)

/** Per variant: a run is long enough for all kills. */
const STEPS = KILLS > USUAL_KILLS ? 2000 * KILLS : 3000

const root = mkdtempSync(join(tmpdir(), 'fedrl-nats-mirror-'))
const brokers = new Set<Broker>()
afterAll(async () => {
  killAll()
  for (const broker of brokers) await broker.kill()
  rmSync(root, { recursive: true })
})

const FILES: Readonly<Record<string, string>> = {
  'fed-asyn-q': `
name: q
environment: { family: garnet, states: 12, actions: 3, branching: 3, discount: 0.9 }
agents: { count: 5, behavior: { dirichlet: 0.5 } }
algorithm: { name: fed-asyn-q, averaging: equal, stepSize: 0.1, syncPeriod: 10, steps: ${STEPS}, initial: perAgent }
seeds: 1
evaluate: { every: 500, metrics: [error, bytes] }
vary: { algorithm.averaging: [equal, importance] }
`,
  'fast-fedpg': `
name: pg
environment: { family: garnet, states: 5, actions: 3, branching: 2, discount: 0.8, seed: 3 }
agents: { count: 5, rewards: { heterogeneity: 0.7, pairs: false } }
algorithm: { name: fast-fedpg, policy: softmax, gradient: { rollouts: 4, horizon: 10 }, localSteps: 4, stepSize: 0.05, rounds: ${100 * KILLS} }
seeds: 2
evaluate: { every: 100, metrics: [J, gap, bytes] }
`,
}
/** Without the flag the first kind alone is killed. */
const KINDS = Object.keys(FILES).slice(0, KILLS > USUAL_KILLS ? undefined : 1)

const fileOf = (name: string): string => join(root, `${name}.yaml`)
for (const [name, text] of Object.entries(FILES)) writeFileSync(fileOf(name), text)

const expected: Record<string, Record<string, string>> = {}
beforeAll(() => {
  for (const name of KINDS) expected[name] = simulated(fileOf(name), join(root, `whole-${name}`))
})

/** Waits for a condition that `by` brings about. */
const untilBy = (by: Running, holds: () => boolean): Promise<boolean> =>
  until(() => {
    const isSo = holds()
    if (!isSo && by.child.exitCode !== null)
      throw new Error(`it ended with ${by.child.exitCode}: ${by.said()}`)
    return isSo
  })

const recordBytes = (folder: string, run: string): number =>
  statSync(join(folder, 'federation', 'records', `${run}.jsonl`), { throwIfNoEntry: false })?.size ?? 0

/** The last line that a command has said. */
const last = ({ said }: Running): string | undefined => said().trim().split('\n').at(-1)

describe.skipIf(noBroker !== null)(
  `a run that outlives its server's machine${noBroker === null ? '' : `: ${noBroker}`}`,
  // leases run out and agents come back while others work
  { concurrent: true },
  () => {
    let brokersMade = 0
    async function brokerWith(limits = ''): Promise<{ readonly broker: Broker; readonly conf: string }> {
      const conf = join(root, `nats-${brokersMade}.conf`)
      const store = JSON.stringify(join(root, `js-${brokersMade++}`))
      writeFileSync(conf, `jetstream { store_dir: ${store}\n${limits} }`)
      const broker = await startBroker(['-c', conf])
      brokers.add(broker)
      return { broker, conf }
    }
    const serve = (name: string, url: string, out: string): Running =>
      startFedrl(['serve', fileOf(name), '--nats', url, '--out', out, '--mirror'])
    const join2 = (name: string, url: string): readonly Running[] =>
      ['a,b,c', 'd,e'].map((names) => {
        const state = join(root, `${name}-${names}-${new URL(url).port}`)
        return startFedrl(['join', url, '--agent', names, '--state', state, '--wait', '60'])
      })

    for (const name of KINDS)
      it(
        `${name}: the server is killed at random instants and its folder removed, and it ends in the same bytes`,
        { timeout: 300_000 + KILLS * 20_000 },
        async () => {
          const { broker } = await brokerWith()
          const url = `${broker.url}/ward`
          const stream = streamOf(SEED, name.length, Purpose.walk)
          const out = join(root, `live-${name}`)
          const agents = join2(name, url)
          let server = serve(name, url, out)
          let kills = 0
          while (kills < KILLS) {
            await until(() => server.said().includes('listening') || server.child.exitCode !== null)
            await new Promise((resolve) => setTimeout(resolve, below(stream, 900)))
            if (server.child.exitCode !== null) break
            await server.kill()
            kills++
            if (kills % 3 === 2) await broker.kill()
            if (below(stream, 4) > 0) rmSync(out, { recursive: true, force: true })
            if (kills % 3 === 2) await broker.start()
            server = serve(name, url, out)
          }
          await finished(server, ...agents)
          expect(kills).toBeGreaterThan(0)
          if (KILLS > USUAL_KILLS) console.log(`${name}: the server was killed ${kills} times`)
          expect(resultOf(out)).toEqual(expected[name])
        },
      )

    it(
      'another machine goes on; the first one comes back, is told, and brings its folder up to date',
      { timeout: 400_000 },
      async () => {
        const name = 'fed-asyn-q'
        const { broker } = await brokerWith()
        const [one, two] = [join(root, 'machine-1'), join(root, 'machine-2')]
        const agents = join2(name, broker.url)
        const first = serve(name, broker.url, one)
        await untilBy(first, () => recordBytes(one, '0-1') > 3000)
        first.child.kill('SIGSTOP')
        // it waits until the lease of the first has expired
        const second = serve(name, broker.url, two)
        await untilBy(second, () => recordBytes(two, '0-1') > recordBytes(one, '0-1') + 2000)
        expect(second.said()).toContain(
          'the run was brought back from the broker; it was served last by process ',
        )
        const stale = recordBytes(one, '0-1')
        first.child.kill('SIGCONT')
        expect(await first.ended()).toBe(1)
        expect(last(first)).toMatch(
          /another server has taken the run over|the federation fedrl.default was taken over by process \d+ on .*machine-2|trials are kept; to finish: the same command again/,
        )
        await second.kill()
        rmSync(two, { recursive: true })
        expect(recordBytes(one, '0-1')).toBeLessThan(stale + 1000)
        const back = serve(name, broker.url, one)
        await finished(back, ...agents)
        expect(back.said()).toMatch(
          /the run was brought back from the broker; .* machine-2|run folder .*machine-2/,
        )
        expect(resultOf(one)).toEqual(expected[name])
      },
    )

    it(
      'a broker without room stops the server, which goes on when there is room',
      { timeout: 300_000 },
      async () => {
        const name = 'fed-asyn-q'
        const { broker, conf } = await brokerWith('max_file_store: 50000')
        const out = join(root, 'full')
        const agents = join2(name, broker.url)
        const server = serve(name, broker.url, out)
        expect(await server.ended()).toBe(1)
        expect(server.said()).toContain(
          `\nthe broker ${broker.url} has no room left for the mirror (insufficient resources)\n`,
        )
        expect(last(server)).toMatch(/^[01] of 2 trials are kept; to finish: the same command again$/)
        await broker.kill()
        writeFileSync(conf, readFileSync(conf, 'utf8').replace('max_file_store: 50000', ''))
        await broker.start()
        await finished(serve(name, broker.url, out), ...agents)
        expect(resultOf(out)).toEqual(expected[name])
      },
    )

    it('needs a broker', () => {
      const { code, stderr } = fedrl(['serve', fileOf('fed-asyn-q'), '--mirror', '--out', join(root, 'none')])
      expect([code, stderr]).toEqual([2, '--mirror: belongs to --nats: the broker keeps the copy\n'])
    })
  },
)
