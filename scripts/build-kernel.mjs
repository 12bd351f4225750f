// Compiles the modules of assembly/ to WebAssembly and embeds them, base64 in modules, so that each loads from one file everywhere.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { main } from 'assemblyscript/asc'

const root = fileURLToPath(new URL('..', import.meta.url))
const TARGETS = {
  'assembly/kernel.ts': 'src/kernel/compiled/binary.ts',
  'assembly/policy-gradient.ts': 'src/agent/gradient-oracle/sampled/binary.ts',
}

/** Writes the embedded modules where their content changes; throws with the compiler's words. */
export async function buildKernel() {
  for (const [source, target] of Object.entries(TARGETS)) await embed(source, target)
}

async function embed(source, target) {
  const files = new Map()
  const { error } = await main(
    [
      source,
      '--runtime',
      'stub',
      '--noAssert',
      '-O3',
      '--enable',
      'simd',
      '--initialMemory',
      '1',
      '--outFile',
      'module.wasm',
    ],
    {
      readFile: (name, base) => {
        try {
          return readFileSync(new URL(name, `file://${base === '.' ? root : `${base}/`}`), 'utf8')
        } catch {
          return null
        }
      },
      writeFile: (name, contents) => void files.set(name, contents),
      listFiles: () => [],
    },
  )
  if (error) throw error
  const text = `/** Generated from ${source} by scripts/build-kernel.mjs. */
export const BINARY =
  '${Buffer.from(files.get('module.wasm')).toString('base64')}'
`
  const path = `${root}${target}`
  try {
    if (readFileSync(path, 'utf8') === text) return
  } catch {
    // not there yet
  }
  writeFileSync(path, text)
}
