// Compiles assembly/kernel.ts to WebAssembly and embeds it, base64 in a module, so that it loads from one file everywhere.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { main } from 'assemblyscript/asc'

const root = fileURLToPath(new URL('..', import.meta.url))
const TARGET = 'src/kernel/compiled/binary.ts'

/** Writes src/kernel/compiled/binary.ts where its content changes; throws with the compiler's words. */
export async function buildKernel() {
  const files = new Map()
  const { error } = await main(
    [
      'assembly/kernel.ts',
      '--runtime',
      'stub',
      '--noAssert',
      '-O3',
      '--enable',
      'simd',
      '--initialMemory',
      '1',
      '--outFile',
      'kernel.wasm',
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
  const text = `/** Generated from assembly/kernel.ts by scripts/build-kernel.mjs. */
export const BINARY =
  '${Buffer.from(files.get('kernel.wasm')).toString('base64')}'
`
  const target = `${root}${TARGET}`
  try {
    if (readFileSync(target, 'utf8') === text) return
  } catch {
    // not there yet
  }
  writeFileSync(target, text)
}
