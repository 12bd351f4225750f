/** Loads the compiled kernel: from one embedded string, in Node, in workers and in pages. */
import { BINARY } from './binary.ts'
import { EXPORTED_FUNCTIONS, EXPORTED_SETTINGS } from './exports.ts'
import type { KernelInstance, SettingName } from './exports.ts'

/** What is used of WebAssembly; the types of Node and of browsers name it differently. */
interface Engine {
  compile(bytes: Uint8Array): Promise<object>
  instantiate(
    module: object,
    imports: object,
  ): Promise<{ readonly exports: Readonly<Record<string, unknown>> }>
}

const engine = (): Engine => Reflect.get(globalThis, 'WebAssembly') as Engine

let compiled: Promise<object> | undefined

/** A fresh instance of the kernel, with a memory of its own of at least `bytes` bytes. */
export async function instantiate(bytes: number): Promise<KernelInstance> {
  compiled ??= engine().compile(Uint8Array.from(atob(BINARY), (character) => character.codePointAt(0) ?? 0))
  const { exports } = await engine().instantiate(await compiled, { env: { abort } })
  for (const name of [...EXPORTED_FUNCTIONS, ...EXPORTED_SETTINGS, 'memory']) {
    if (exports[name] === undefined) throw new Error(`compiled kernel: ${name} is missing; run npm run build`)
  }
  const instance = exports as unknown as KernelInstance // checked name by name above
  instance.memory.grow(Math.ceil(bytes / 65536))
  return instance
}

const abort = (): never => {
  throw new Error('compiled kernel: aborted')
}

/** Sets globals of the instance. */
export function configure(instance: KernelInstance, settings: Partial<Record<SettingName, number>>): void {
  for (const name of EXPORTED_SETTINGS) {
    const value = settings[name]
    if (value !== undefined) instance[name].value = value
  }
}
