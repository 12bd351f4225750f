// Bundles the join page, src/page/, with all that it needs into dist/page/. What reads the disk of Node is replaced by what a page has.
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = join(root, 'src', 'page')

/** Module of the program, or of Node -> the one that stands in for it. */
const STAND_INS = {
  [join(root, 'src', 'experiment', 'files.ts')]: join(page, 'chosen-files.ts'),
  [join(root, 'src', 'experiment', 'policy-gradient', 'module.ts')]: join(page, 'absent.ts'),
  [join(root, 'src', 'experiment', 'federated', 'local-experiment.ts')]: join(page, 'absent.ts'),
  'node:path': join(page, 'path.ts'),
}

const standIns = () => ({
  name: 'stand-ins',
  enforce: 'pre',
  resolveId(source, importer = '') {
    const path = source.startsWith('.') ? resolve(importer, '..', source) : source
    const standIn = STAND_INS[path]
    if (standIn !== undefined) return standIn
    return source.startsWith('node:') ? { id: source, external: true, moduleSideEffects: false } : null
  },
  /** What is left of Node would end the page as soon as it is loaded. */
  generateBundle(_, bundle) {
    const left = Object.values(bundle).flatMap(({ imports = [] }) =>
      imports.filter((name) => name.startsWith('node:')),
    )
    if (left.length > 0) this.error(`the page imports ${left.join(', ')}, which browsers do not have`)
  },
})

/** Bundles the page into `outDir`; throws where something in it needs Node. */
export async function buildPage(outDir = join(root, 'dist', 'page')) {
  await build({
    configFile: false,
    root: page,
    base: './',
    logLevel: 'warn',
    plugins: [standIns()],
    worker: { format: 'es', plugins: () => [standIns()] },
    build: {
      outDir,
      emptyOutDir: true,
      target: 'es2022',
      // what is inlined would need a policy of its own
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 1000,
    },
  })
}
