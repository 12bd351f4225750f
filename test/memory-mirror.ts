/** A mirror in memory for tests: a broker that can lose what it holds, and servers that can go down at any call. */
import { MirrorTaken, type Mirror, type MirrorChange } from '../src/transport/mirror.ts'

/** What a broker holds. */
export interface MemoryBroker {
  files: ReadonlyMap<string, Uint8Array>
  /** what it held before each change, oldest first */
  readonly history: ReadonlyMap<string, Uint8Array>[]
  /** changes so far, through all that was lost */
  version: number
}

export const memoryBroker = (): MemoryBroker => ({ files: new Map(), history: [], version: 0 })

/** The broker has lost its last so many changes. */
export function loseTail(broker: MemoryBroker, changes: number): void {
  const kept = broker.history.at(-changes)
  if (kept === undefined) return
  broker.files = kept
  broker.history.length -= changes
  broker.version++
}

function changed(files: ReadonlyMap<string, Uint8Array>, change: MirrorChange): Map<string, Uint8Array> {
  const next = new Map(files)
  const { path } = change
  if (change.type === 'removed') next.delete(path)
  else if (change.type === 'lines') {
    const before = files.get(path) ?? new Uint8Array(0)
    if (before.length < change.offset)
      throw new Error(`${path}: expected lines at ${before.length} or before, got ${change.offset}`)
    next.set(path, Uint8Array.from([...before.subarray(0, change.offset), ...change.content]))
  } else next.set(path, change.content.slice())
  return next
}

/** @param call before and after each call and change: throws where the server goes down */
export function memoryMirror(broker: MemoryBroker, holder: string, call: () => void = () => {}): Mirror {
  let seen = -1
  return {
    holder,
    async files() {
      await Promise.resolve()
      call()
      seen = broker.version
      return new Map(
        [...broker.files].map(([path, content]) => [
          path,
          { bytes: content.length, sha256: null, read: () => Promise.resolve(content) },
        ]),
      )
    },
    async write(changes) {
      await Promise.resolve()
      for (const change of changes) {
        call()
        if (seen !== broker.version) throw new MirrorTaken('another server has taken the run over')
        broker.history.push(broker.files)
        broker.files = changed(broker.files, change)
        seen = ++broker.version
        call()
      }
    },
    async clear() {
      await Promise.resolve()
      call()
      broker.files = new Map()
      seen = ++broker.version
    },
    close: () => Promise.resolve(),
  }
}
