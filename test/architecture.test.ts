/** The shape of the house: who may import whom, what a browser can load, and what keeps results equal between engines. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT, modulesOf, parseModule } from './source.ts'

const ALL = [
  'numeric',
  'mdp',
  'protocol',
  'agent',
  'server',
  'algorithm',
  'kernel',
  'metrics',
  'plot',
  'transport',
  'federation',
  'experiment',
]
const before = (folder: string): string[] => ALL.slice(0, ALL.indexOf(folder))

/** Which folders of src/ a folder may import, besides itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  numeric: [],
  mdp: ['numeric'],
  protocol: ['numeric'],
  agent: ['numeric', 'mdp', 'protocol'],
  server: ['numeric', 'protocol'],
  algorithm: ['numeric', 'mdp', 'agent', 'server', 'protocol'],
  kernel: ['numeric', 'mdp'],
  metrics: ['numeric'],
  plot: ['numeric'],
  transport: ['protocol'],
  federation: before('federation'),
  experiment: before('experiment'),
  page: ALL,
  cli: [...ALL, 'experiments'],
  // src/index.ts, the door to the whole
  index: ALL,
}

/** Folders whose results must not depend on the engine, the clock or unkeyed randomness. */
const DETERMINISTIC = ALL.filter((folder) => folder !== 'plot')

/** Packages that need Node. */
const NODE_PACKAGES = new Set([
  '@resvg/resvg-js',
  'linkedom',
  'cli-progress',
  'commander',
  'dejavu-fonts-ttf',
  'ws',
  '@nats-io/transport-node',
  '@nats-io/kv',
  '@nats-io/jetstream',
  '@nats-io/obj',
])

/** Doors that a browser cannot open: they read and write files. */
const NODE_ONLY = new Set(['.'])

const folderOf = (path: string): string => {
  const [top = '', folder = ''] = path.split('/')
  return top === 'src' ? folder.replace(/\.ts$/, '') : top
}

const source = modulesOf('src')
const experiments = modulesOf('experiments')
const byPath = new Map([...source, ...experiments].map((module) => [module.path, module]))

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  exports: Record<string, string | { default: string }>
}
/** subpath -> source file */
const doors = new Map(
  Object.entries(manifest.exports).flatMap(([subpath, target]) =>
    typeof target === 'string'
      ? []
      : [[subpath, target.default.replace('./dist/', '').replace(/\.js$/, '.ts')] as const],
  ),
)

/** Everything that `path` can come to load, itself included; without what is loaded on demand where `atOnce`. */
function loadedBy(path: string, atOnce = false, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen
  seen.add(path)
  for (const one of byPath.get(path)?.imports ?? []) {
    if (!one.typeOnly && one.target !== null && !(atOnce && one.dynamic)) loadedBy(one.target, atOnce, seen)
  }
  return seen
}

/**
 * The first cycle of imports that a depth-first walk meets. Types count too, but for those that the files of a folder take from the
 * file of its name, the interface they implement.
 */
function cycle(): string[] | null {
  const done = new Set<string>()
  const walk = (path: string, trail: readonly string[]): string[] | null => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path]
    if (done.has(path)) return null
    for (const one of byPath.get(path)?.imports ?? []) {
      if (one.typeOnly && one.target === `${posix.dirname(path)}.ts`) continue
      const found = one.target === null ? null : walk(one.target, [...trail, path])
      if (found !== null) return found
    }
    done.add(path)
    return null
  }
  for (const path of byPath.keys()) {
    const found = walk(path, [])
    if (found !== null) return found
  }
  return null
}

test('the reader of imports sees every form, and the expressions that engines disagree on', () => {
  const module = parseModule(
    'src/mdp/x.ts',
    `import type { A } from './a.ts'
     import { b } from '../numeric/b.ts'
     export { c } from './c.ts'
     export * from './d.ts'
     export const e = async () => import('./e.ts')
     export type F = import('./f.ts').F
     // import './comment.ts'
     export const g = "import './string.ts'" + Math.random() * 2 ** b + new Date() + Date.now()`,
  )
  expect(module.imports.map((one) => [one.target, one.typeOnly, one.dynamic])).toEqual([
    ['src/mdp/a.ts', true, false],
    ['src/numeric/b.ts', false, false],
    ['src/mdp/c.ts', false, false],
    ['src/mdp/d.ts', false, false],
    ['src/mdp/e.ts', false, true],
    ['src/mdp/f.ts', true, false],
  ])
  expect(module.uses.toSorted()).toEqual(['**', 'Date', 'Date.now', 'Math.random'])
})

describe('imports', () => {
  test('the tree was read', () => {
    expect(source.length).toBeGreaterThan(60)
    expect(source.flatMap((module) => module.imports).length).toBeGreaterThan(150)
  })

  test('every relative import names a file that is there', () => {
    const missing = [...byPath.values()].flatMap((module) =>
      module.imports
        .filter((one) => one.target !== null && !byPath.has(one.target))
        .map((one) => `${module.path}: ${one.specifier}`),
    )
    expect(missing).toEqual([])
  })

  test('a folder imports only what lies below it', () => {
    const unknown = source.map((module) => folderOf(module.path)).filter((folder) => !(folder in MAY_IMPORT))
    expect(unknown).toEqual([])
    const wrong = source.flatMap((module) => {
      const own = folderOf(module.path)
      return module.imports
        .filter(
          (one) =>
            one.target !== null &&
            folderOf(one.target) !== own &&
            !MAY_IMPORT[own]?.includes(folderOf(one.target)),
        )
        .map((one) => `${module.path} imports ${one.target}`)
    })
    expect(wrong).toEqual([])
  })

  test('agent and server do not know each other', () => {
    expect(MAY_IMPORT['agent']).not.toContain('server')
    expect(MAY_IMPORT['server']).not.toContain('agent')
  })

  test('there is no cycle', () => {
    expect(cycle()).toBeNull()
  })

  test('experiments use the public doors', () => {
    const open = new Set(doors.values())
    const wrong = experiments.flatMap((module) =>
      module.imports
        .filter((one) => one.target !== null && one.target.startsWith('src/') && !open.has(one.target))
        .map((one) => `${module.path} imports ${one.target}`),
    )
    expect(wrong).toEqual([])
  })

  test('files are read and written in experiment, federation and cli', () => {
    const allowed = new Set(['experiment', 'federation', 'cli'])
    const wrong = source.filter(
      (module) =>
        !allowed.has(folderOf(module.path)) &&
        module.imports.some((one) => /^node:(fs|child_process|worker_threads)/.test(one.specifier)),
    )
    expect(wrong.map((module) => module.path)).toEqual([])
  })
})

describe('doors', () => {
  test('every subpath has its source', () => {
    expect([...doors.values()].filter((path) => !byPath.has(path))).toEqual([])
    expect(doors.size).toBeGreaterThan(5)
  })

  test.each(['memory', 'websocket-browser', 'worker'])('the transport %s loads in a page', (name) => {
    const node = [...loadedBy(`src/transport/${name}.ts`)].flatMap((file) =>
      (byPath.get(file)?.imports ?? []).filter(
        (one) => !one.typeOnly && (one.specifier.startsWith('node:') || NODE_PACKAGES.has(one.specifier)),
      ),
    )
    expect(byPath.has(`src/transport/${name}.ts`)).toBe(true)
    expect(node.map((one) => one.specifier)).toEqual([])
  })

  test.each([...doors].filter(([subpath]) => !NODE_ONLY.has(subpath)))('%s loads in a browser', (_, path) => {
    const imports = [...loadedBy(path)].flatMap((file) =>
      (byPath.get(file)?.imports ?? []).map((one) => ({ file, ...one })),
    )
    const node = imports.filter(
      (one) => !one.typeOnly && (one.specifier.startsWith('node:') || NODE_PACKAGES.has(one.specifier)),
    )
    expect(node.map((one) => `${one.file} imports ${one.specifier}`)).toEqual([])
  })
})

test('the command line starts with its parser alone: every command is loaded when it is called', () => {
  const files = [...loadedBy('src/cli/main.ts', true)]
  const packages = files.flatMap((file) =>
    (byPath.get(file)?.imports ?? [])
      .filter((one) => one.target === null && !one.typeOnly && !one.dynamic)
      .map((one) => one.specifier),
  )
  expect(new Set(packages.filter((name) => !name.startsWith('node:')))).toEqual(new Set(['commander']))
  // and with what it is declared in
  expect(files.filter((file) => !file.startsWith('src/cli/program/')).length).toBeLessThan(8)
})

describe('same seed, same bytes', () => {
  const judged = source.filter((module) => DETERMINISTIC.includes(folderOf(module.path)))

  test('no operator or function on which engines differ', () => {
    const exact = new Set([
      'abs',
      'ceil',
      'clz32',
      'floor',
      'fround',
      'imul',
      'max',
      'min',
      'round',
      'sign',
      'sqrt',
      'trunc',
    ])
    const wrong = judged.flatMap((module) =>
      module.uses
        .filter((use) => use.startsWith('**') || (/^Math\.[a-z]/.test(use) && !exact.has(use.slice(5))))
        .map((use) => `${module.path} uses ${use}`),
    )
    expect(judged.length).toBeGreaterThan(40)
    expect(wrong).toEqual([])
  })

  test('no randomness without a key; a clock where files are named and progress is told, nowhere else', () => {
    const random = /^(crypto\.\w+|Math\.random)$/
    const clock = /^(Date|Date\.\w+|performance\.\w+)$/
    const wrong = judged.flatMap((module) =>
      module.uses
        .filter((use) => random.test(use) || (clock.test(use) && folderOf(module.path) !== 'experiment'))
        .map((use) => `${module.path} uses ${use}`),
    )
    expect(wrong).toEqual([])
  })
})

describe('ARCHITECTURE.md', () => {
  const text = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8')
  const hidden = new Set(['node_modules', 'dist', 'runs', 'coverage'])
  const folders = readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !hidden.has(entry.name))
    .map((entry) => `${entry.name}/`)
  const sources = readdirSync(join(ROOT, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && readdirSync(join(ROOT, 'src', entry.name)).length > 0)
    .map((entry) => `src/${entry.name}/`)

  test.each([...folders, ...sources])('names %s', (folder) => {
    expect(text.includes(`\`${folder}\``)).toBe(true)
  })

  test('names no folder that is not there', () => {
    const named = [...text.matchAll(/^\| `([a-z/]+\/)`/gm)].map((match) => match[1] as string)
    expect(named.length).toBeGreaterThan(10)
    expect(named.filter((folder) => !existsSync(join(ROOT, folder)))).toEqual([])
  })
})
