/** A journal in a browser: records of an IndexedDB, one database a journal. What one call writes is there as a whole or not at all. */
import type { JournalStore } from './agent-journal.ts'

/** What is used of a browser's IndexedDB. */
interface Request<T> {
  readonly result: T
  readonly error: Error | null
  addEventListener(type: 'success' | 'error' | 'upgradeneeded', listener: () => void): void
}
interface Records {
  getAll(): Request<Uint8Array[]>
  put(record: Uint8Array): unknown
  clear(): unknown
}
interface Transaction {
  readonly error: Error | null
  objectStore(name: string): Records
  addEventListener(type: 'complete' | 'abort', listener: () => void): void
}
interface Database {
  createObjectStore(name: string, options: { readonly autoIncrement: true }): unknown
  transaction(
    names: string,
    mode: 'readonly' | 'readwrite',
    options: { readonly durability: 'strict' },
  ): Transaction
  close(): void
}

declare const indexedDB: { open(name: string, version: number): Request<Database> }

const RECORDS = 'records'

const KEPT_NOTHING = 'the browser kept nothing'

/** Writes are on disk, and not in the memory of the system alone, when they are told to be done. */
const DURABLE = { durability: 'strict' } as const

/**
 * The journal in the database `name`, which is made where there is none. Two writers of one journal would spoil it: whoever opens it makes
 * sure to be alone, by a Web Lock for example.
 * @throws Error where the browser keeps nothing, in a private window for example
 */
export async function journalIndexedDb(name: string): Promise<JournalStore> {
  const opening = indexedDB.open(name, 1)
  opening.addEventListener('upgradeneeded', () =>
    opening.result.createObjectStore(RECORDS, { autoIncrement: true }),
  )
  const database = await resultOf(opening)
  // records are copied, for a browser keeps the whole memory that a view looks at
  const write = (change: (records: Records) => void): Promise<void> => {
    const transaction = database.transaction(RECORDS, 'readwrite', DURABLE)
    change(transaction.objectStore(RECORDS))
    return done(transaction)
  }
  return {
    read: () => resultOf(database.transaction(RECORDS, 'readonly', DURABLE).objectStore(RECORDS).getAll()),
    append: (records) =>
      write((all) => {
        for (const record of records) all.put(record.slice())
      }),
    // each write is on disk when it is done
    sync: () => Promise.resolve(),
    replace: (records) =>
      write((all) => {
        all.clear()
        for (const record of records) all.put(record.slice())
      }),
    async close() {
      await Promise.resolve()
      database.close()
    },
  }
}

function resultOf<T>(request: Request<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error(KEPT_NOTHING)))
  })
}

function done(transaction: Transaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve())
    transaction.addEventListener('abort', () => reject(transaction.error ?? new Error(KEPT_NOTHING)))
  })
}
