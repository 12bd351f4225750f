import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, describe, expect, it } from 'vitest'
import { checkEnvironment } from '../../agent/environment/check.ts'
import { InputError } from '../errors.ts'
import { hashEnvironmentModule, loadEnvironmentModule } from './module.ts'

const folder = mkdtempSync(join(tmpdir(), 'fedrl-module-'))
afterAll(() => rmSync(folder, { recursive: true }))
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

/** A module whose environment counts to 3; `parts` stand in the object, after the others. */
const counting = (parts = ''): string => `
import type { Stream } from 'fedrl/numeric'
import { NOBODY, Purpose, streamOf, uniform } from 'fedrl/numeric'
export interface Options { readonly gain?: number }
export default function make({ gain = 1 }: Options) {
  let t = 0
  let stream: Stream = streamOf(0, NOBODY, Purpose.environment)
  return {
    observationSpace: { kind: 'box', low: [0, 0], high: [3, 1] },
    actionSpace: { kind: 'discrete', n: 2 },
    reset(seed: number) { t = 0; stream = streamOf(seed, NOBODY, Purpose.environment); return [t, uniform(stream)] },
    step(action: number) { t++; return { observation: [t, uniform(stream)], reward: gain * action, terminated: false, truncated: t === 3 } },
    ${parts}
  }
}
`

/** The message of what `action` throws, the folder of the test left out. */
async function told(action: () => Promise<unknown>): Promise<string> {
  try {
    await action()
  } catch (error) {
    if (error instanceof InputError) return error.message.replaceAll(`${folder}/`, '')
    throw error
  }
  return 'nothing'
}
const loading = (name: string, text: string) => told(() => loadEnvironmentModule(write(name, text)))
const making = (name: string, text: string) =>
  told(async () => (await loadEnvironmentModule(write(name, text)))({ gain: 2 }))

describe('a module of a person', () => {
  it('is called with the parameters; its arrays become vectors', async () => {
    const make = await loadEnvironmentModule(write('sound.ts', counting()))
    const environment = make({ gain: 3 })
    expect(environment.observationSpace).toEqual({
      kind: 'box',
      low: Float64Array.of(0, 0),
      high: Float64Array.of(3, 1),
    })
    const first = environment.reset(4)
    expect(first).toBeInstanceOf(Float64Array)
    expect(environment.step(1)).toMatchObject({ reward: 3, terminated: false, truncated: false })
    expect(make({}).reset(4)).toEqual(first)
    expect(checkEnvironment(environment)).toEqual([])
  })
  it('may be JavaScript, use all of TypeScript, and import its neighbours', async () => {
    write('gain.ts', 'export const gain: number = 7')
    write('named.cjs', 'module.exports = { n: 5 }')
    const body =
      'reset: () => 0, step: () => ({ observation: 0, reward: R, terminated: true, truncated: false })'
    const spaces = "observationSpace: { kind: 'discrete', n: 1 }, actionSpace: { kind: 'discrete', n: 1 }"
    const rewardOf = async (name: string, text: string) => {
      const environment = (await loadEnvironmentModule(write(name, text)))({})
      environment.reset(0)
      return environment.step(0).reward
    }
    const program = `export default () => ({ ${spaces}, ${body} })`
    expect(await rewardOf('a.mjs', `const R = 1\n${program}`)).toBe(1)
    expect(await rewardOf('b.js', `const R = 2\n${program}`)).toBe(2)
    expect(await rewardOf('c.cjs', `const R = 3\nmodule.exports = () => ({ ${spaces}, ${body} })`)).toBe(3)
    expect(await rewardOf('d.ts', `enum Gain { low = 4 }\nconst R = Gain.low\n${program}`)).toBe(4)
    expect(await rewardOf('e.ts', `import { gain as R } from './gain'\n${program}`)).toBe(7)
    expect(
      await rewardOf(
        'f.mts',
        `import named from './named.cjs'\nconst R = await Promise.resolve(named.n)\n${program}`,
      ),
    ).toBe(5)
  })
  it('is loaded anew when it has changed, and once otherwise', async () => {
    const path = write('changing.ts', counting())
    const one = await loadEnvironmentModule(path)
    expect(await loadEnvironmentModule(path)).toBe(one)
    write('changing.ts', counting().replace('gain = 1', 'gain = 9'))
    const environment = (await loadEnvironmentModule(path))({})
    environment.reset(0)
    expect(environment.step(1).reward).toBe(9)
  })
  it('is loaded in a worker thread as well', async () => {
    const path = write('sound.ts', counting())
    const code = `
      const { parentPort, workerData } = require('node:worker_threads')
      import('tsx/esm/api').then(async ({ register }) => {
        register()
        const { loadEnvironmentModule } = await import(workerData.module)
        const environment = (await loadEnvironmentModule(workerData.path))({ gain: 3 })
        parentPort.postMessage([environment.reset(4), environment.step(1)])
      })`
    const workerData = { module: new URL('module.ts', import.meta.url).href, path }
    const got = await new Promise((resolve, reject) => {
      const worker = new Worker(code, { eval: true, workerData })
      worker.once('message', resolve)
      worker.once('error', reject)
    })
    const environment = (await loadEnvironmentModule(path))({ gain: 3 })
    expect(got).toEqual([environment.reset(4), environment.step(1)])
  })
})

describe('faults of a module are told in a line', () => {
  it.each(
    [
      [
        'no default export',
        'export const a = 1\nexport const b = 2',
        'm0.ts: expected a default export, a function (parameters) => Environment, got only a, b',
      ],
      [
        'no exports',
        'const a = 1',
        'm1.ts: expected a default export, a function (parameters) => Environment, got no exports',
      ],
      [
        'a default that is no function',
        'export default { reset() {} }',
        'm2.ts: expected the default export to be a function (parameters) => Environment, got object',
      ],
      [
        'a syntax error',
        'const a = 1\nconst b = = 2',
        'm3.ts:2:10: expected JavaScript or TypeScript: Unexpected token',
      ],
      [
        'an error while loading',
        "throw new Error('no licence')",
        'm4.ts: threw while it was loaded: no licence',
      ],
      [
        'a neighbour that is not there',
        "import { x } from './nobody.ts'\nexport default () => x",
        "m5.ts: Cannot find module './nobody.ts'",
      ],
      [
        'a package that is not there',
        "import { x } from 'no-such-package-at-all'\nexport default () => x",
        "m6.ts: Cannot find module 'no-such-package-at-all'",
      ],
    ].map(([title, text, message], i) => [title, `m${i}.ts`, text, message] as const),
  )('%s', async (_, name, text, message) => {
    expect(await loading(name, text as string)).toBe(message)
  })
  it('a missing file, a folder', async () => {
    expect(await told(() => loadEnvironmentModule(join(folder, 'nowhere.ts')))).toBe(
      'nowhere.ts: no such file',
    )
    mkdirSync(join(folder, 'sub.ts'))
    expect(await told(() => loadEnvironmentModule(join(folder, 'sub.ts')))).toBe(
      'sub.ts: expected a file, got a folder',
    )
  })
  it('a syntax error in a neighbour names the neighbour', async () => {
    write('broken.ts', 'export const x = (')
    expect(await loading('n.ts', "import { x } from './broken.ts'\nexport default () => x")).toMatch(
      /^broken\.ts:1:\d+: expected JavaScript/,
    )
  })
  it('a factory that throws, and what is no environment', async () => {
    expect(await making('t1.ts', "export default () => { throw new Error('no gain') }")).toBe(
      't1.ts: the default export, called with {"gain":2}, threw: no gain',
    )
    expect(await making('t2.ts', 'export default async () => ({})')).toContain(
      't2.ts: expected an environment, an object with',
    )
    expect(await making('t3.ts', counting('reset: () => [0, 2],'))).toBe(
      "t3.ts: reset(0): expected a number in the space's [0, 1] at [1], got 2",
    )
    expect(await making('t4.ts', counting('actionSpace: 3, step: 4,'))).toBe(
      "t4.ts: step: expected a function, got 4\nt4.ts: actionSpace: expected a space, { kind: 'discrete', n } or { kind: 'box', low, high }, got 3",
    )
  })
  it('a fault that shows only later names the seed and the step', async () => {
    const late = (fault: string) =>
      counting(`seed: 0,
      reset(seed) { t = 0; this.seed = seed; return [0, 0] },
      step() { t++; if (this.seed === 77 && t === 2) { ${fault} } return { observation: [t, 0], reward: 0, terminated: false, truncated: t === 3 } },`)
    const run = async (name: string, fault: string) =>
      told(async () => {
        const environment = (await loadEnvironmentModule(write(name, late(fault))))({})
        environment.reset(77)
        for (let t = 0; t < 3; t++) environment.step(0)
      })
    expect(await run('l1.ts', "throw new Error('stuck')")).toBe('l1.ts: reset(77).step 2: step threw: stuck')
    expect(
      await run('l2.ts', 'return { observation: [0, 0], reward: NaN, terminated: false, truncated: false }'),
    ).toBe('l2.ts: reset(77).step 2: reward: expected a finite number, got NaN')
    expect(await run('l3.ts', '')).toBe('nothing')
  })
})

describe('the identity of a module', () => {
  it('changes with its text and that of the files it imports, and with nothing else', async () => {
    write('deep.ts', 'export const x = 1')
    write('middle.ts', "export { x } from './deep'\nimport './ring.ts'")
    write('aside.ts', 'export const y = 1')
    const path = write('ring.ts', "import { x } from './middle.js'\nexport default () => x")
    const before = await hashEnvironmentModule(path)
    expect(before).toMatch(/^[0-9a-f]{64}$/)
    write('aside.ts', 'export const y = 2')
    expect(await hashEnvironmentModule(path)).toBe(before)
    write('deep.ts', 'export const x = 2')
    const after = await hashEnvironmentModule(path)
    expect(after).not.toBe(before)
    write('ring.ts', "import { x } from './middle.js'\nexport default () => x + 1")
    expect(await hashEnvironmentModule(path)).not.toBe(after)
    expect(await told(() => hashEnvironmentModule(join(folder, 'nowhere.ts')))).toBe(
      'nowhere.ts: no such file',
    )
  })
  it('is that of the content, wherever it stands', async () => {
    mkdirSync(join(folder, 'copy'))
    write('plain.ts', "import './deep.ts'\nexport default () => 1")
    write('copy/plain.ts', "import './deep.ts'\nexport default () => 1")
    write('copy/deep.ts', 'export const x = 2')
    write('deep.ts', 'export const x = 2')
    expect(await hashEnvironmentModule(join(folder, 'copy', 'plain.ts'))).toBe(
      await hashEnvironmentModule(join(folder, 'plain.ts')),
    )
  })
})
