/** The package as others get it: packed, unpacked elsewhere, every door opened, types checked, its program run. */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT } from './source.ts'

interface Manifest {
  readonly version: string
  readonly dependencies: Record<string, string>
  readonly exports: Record<string, string | { readonly default: string }>
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest

/** `fedrl`, `fedrl/mdp`, ... : the doors to code. */
const doors = Object.entries(manifest.exports)
  .filter(([, target]) => typeof target !== 'string')
  .map(([subpath]) => `fedrl${subpath.slice(1)}`)

const tool = (name: string): string => join(ROOT, 'node_modules', '.bin', name)

describe('the packed tarball', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fedrl-pack-'))
  const installed = join(folder, 'node_modules', 'fedrl')
  let tarball = ''

  beforeAll(() => {
    // the build is a step of its own: scripts would make it again under the feet of other tests
    execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], { cwd: ROOT })
    tarball = join(folder, `fedrl-${manifest.version}.tgz`)
    if (!existsSync(tarball)) throw new Error(`npm pack left no ${tarball}`)
    mkdirSync(installed, { recursive: true })
    execFileSync('tar', ['-xzf', tarball, '-C', installed, '--strip-components', '1'])
    for (const dependency of [...Object.keys(manifest.dependencies), '@types/node']) {
      const link = join(folder, 'node_modules', dependency)
      mkdirSync(dirname(link), { recursive: true })
      symlinkSync(join(ROOT, 'node_modules', dependency), link)
    }
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('holds what users need and nothing else', () => {
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' })
    for (const needed of [
      'README.md',
      'LICENSE',
      'bin/fedrl.mjs',
      'dist/src/cli/main.js',
      'dist/src/index.d.ts',
      'schema/experiment.schema.json',
    ]) {
      expect(files).toContain(needed)
    }
    expect(files.filter((file) => /\.(test|contract)\.|\.map$|(?<!\.d)\.ts$/.test(file))).toEqual([])
  })

  test.each(doors)('%s opens at run time', (door) => {
    const script = `const door = await import('${door}'); if (Object.keys(door).length === 0) throw new Error('empty')`
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect([status, stderr]).toEqual([0, ''])
  })

  test('every door has types for a consumer that checks libraries too', () => {
    const uses = doors.map(
      (door, i) =>
        `import * as door${i} from '${door}'\nexport const keys${i}: (keyof typeof door${i})[] = []`,
    )
    writeFileSync(join(folder, 'consumer.ts'), `${uses.join('\n')}\n${CONSUMER}`)
    const options = [
      '--strict',
      '--noEmit',
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--lib',
      'es2023',
      '--types',
      'node',
    ]
    const { status, stdout } = spawnSync(tool('tsc'), [...options, 'consumer.ts'], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect([status, stdout]).toEqual([0, ''])
  })

  test('the program runs', () => {
    const { status, stdout } = spawnSync(
      process.execPath,
      [join(installed, 'bin', 'fedrl.mjs'), '--version'],
      { cwd: folder, encoding: 'utf8' },
    )
    expect([status, stdout]).toEqual([0, `${manifest.version}\n`])
  })

  test('its experiments are with it', () => {
    const program = join(installed, 'bin', 'fedrl.mjs')
    const { status, stdout } = spawnSync(process.execPath, [program, 'reproduce', 'list', '--json'], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(status).toBe(0)
    expect(stdout).toContain('woo-fig3')
  })

  test('publint finds nothing', async () => {
    const { messages, pkg } = await publint({ pkgDir: installed, pack: false, strict: true })
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
  })

  test('its types resolve from ESM and from bundlers', () => {
    const { status, stdout } = spawnSync(
      tool('attw'),
      [tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-color'],
      { encoding: 'utf8' },
    )
    expect([status, status === 0 ? '' : stdout]).toEqual([0, ''])
  })
})

/** What a small program of a consumer looks like. */
const CONSUMER = `
import { streamOf, Purpose, uniform } from 'fedrl/numeric'
export const draw: number = uniform(streamOf(1, 0, Purpose.walk))
// @ts-expect-error a seed is a number
streamOf('1', 0, Purpose.walk)
`
