/** Loads the compiled walker, at once and from one embedded string: in Node, in workers and in pages. */
import { BINARY } from './binary.ts'

/** Regions of its memory. */
export type AddressName =
  | 'theta'
  | 'policy'
  | 'sums'
  | 'levels'
  | 'seen'
  | 'visited'
  | 'terminal'
  | 'rows'
  | 'columns'
  | 'rewards'
  | 'starts'
  | 'offsets'
  | 'pairs'
  | 'stepRewards'
  | 'stream'

/** Numbers that it is given. */
type NumberName = 'actions' | 'levelBytes' | 'rewardsByPair' | 'commonShift'

/** An instance of assembly/policy-gradient.ts. */
export interface WalkerInstance extends Readonly<Record<AddressName | NumberName, { value: number }>> {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  walk(rollouts: number, horizon: number): void
}

/** What is used of WebAssembly; the types of Node and of browsers name it differently. */
interface Engine {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: object }
}

let compiled: object | undefined

/** A fresh instance with a memory of its own of at least `bytes` bytes. Compiling it is short enough for the main thread of a page. */
export function instantiate(bytes: number, addresses: Readonly<Record<AddressName, number>>): WalkerInstance {
  const engine = Reflect.get(globalThis, 'WebAssembly') as Engine
  compiled ??= new engine.Module(Uint8Array.from(atob(BINARY), (character) => character.codePointAt(0) ?? 0))
  const instance = new engine.Instance(compiled, {}).exports as WalkerInstance
  instance.memory.grow(Math.ceil(bytes / 65536))
  for (const [name, address] of Object.entries(addresses)) instance[name as AddressName].value = address
  return instance
}
