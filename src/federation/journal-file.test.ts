import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { clock } from '../../test/federation-world.ts'
import { AgentJournal } from './agent-journal.ts'
import { journalFile } from './journal-file.ts'
import type { OfferChange } from './kept.ts'

const root = await mkdtemp(join(tmpdir(), 'fedrl-journal-'))
afterAll(() => rm(root, { recursive: true }))

const record = (n: number): Uint8Array => new Uint8Array(n).fill(n)

describe('a journal in a file', () => {
  it('gives back what was appended, up to the record that was being written when its process was killed', async () => {
    const path = join(root, 'torn', 'x.journal')
    const journal = await journalFile(path)
    await journal.append([record(3), record(0)])
    await journal.append([record(200)])
    await journal.close()
    const whole = (await readFile(path)).subarray(0, 227)
    for (let length = 0; length <= whole.length; length++) {
      await writeFile(path, whole.subarray(0, length))
      const again = await journalFile(path)
      const records = await again.read()
      const expected = [record(3), record(0), record(200)].slice(
        0,
        length < 11 ? 0 : length < 19 ? 1 : length < 227 ? 2 : 3,
      )
      expect(records).toEqual(expected)
      await again.append([record(7)])
      expect(await again.read()).toEqual([...expected, record(7)])
      await again.close()
    }
  })

  it('finds nothing again of records that were being written, however much of them there is', async () => {
    const path = join(root, 'half.journal')
    const journal = await journalFile(path)
    await journal.append([record(3)])
    await journal.append([record(5), record(6)])
    await journal.close()
    const bytes = await readFile(path)
    bytes[11 + 8] = 99
    await writeFile(path, bytes)
    const again = await journalFile(path)
    // as long as the damaged one, so that the next record would follow it
    await again.append([record(5).fill(1)])
    expect(await again.read()).toEqual([record(3), record(5).fill(1)])
    await again.close()
  })

  it('is written anew when it is opened: what the system showed of it may be on no disk', async () => {
    const path = join(root, 'anew.journal')
    const journal = await journalFile(path)
    await journal.append([record(3)])
    await journal.close()
    const before = await stat(path)
    const again = await journalFile(path)
    expect((await stat(path)).ino).not.toBe(before.ino)
    expect(await again.read()).toEqual([record(3)])
    await again.close()
  })

  it('takes nothing from behind a record that is damaged', async () => {
    const path = join(root, 'damaged.journal')
    const journal = await journalFile(path)
    await journal.append([record(3), record(5), record(6)])
    const bytes = await readFile(path)
    bytes[11 + 8] = 99
    await writeFile(path, bytes)
    expect(await journal.read()).toEqual([record(3)])
    await journal.close()
  })

  it('is replaced in one step, and appended to after that', async () => {
    const path = join(root, 'replaced.journal')
    const journal = await journalFile(path)
    await journal.append([record(3)])
    await journal.replace([record(4)])
    await journal.append([record(5)])
    expect(await journal.read()).toEqual([record(4), record(5)])
    await journal.close()
  })
})

describe('the journal of agents', () => {
  const offer = (ordinal: number, bytes: number): OfferChange => ({
    type: 'offer',
    variant: 0,
    seed: 1,
    ordinal,
    state: { position: ordinal },
    frame: new Uint8Array(bytes).fill(ordinal),
  })

  it('gives back what each agent kept, and does not grow with the rounds', async () => {
    const path = join(root, 'agents.journal')
    const journal = await AgentJournal.open(await journalFile(path), clock)
    for (let ordinal = 0; ordinal < 60; ordinal++) {
      await journal.keep(['a', 'b'].map((name) => ({ name, change: offer(ordinal, 250_000) })))
      journal.note('a', { type: 'durable', variant: 0, seed: 1, ordinal })
      if (ordinal % 2 === 1) journal.note('b', { type: 'dropped', variant: 0, seed: 1, ordinal: ordinal - 1 })
      if (ordinal === 40) journal.note('b', { type: 'durable', variant: 0, seed: 1, ordinal })
    }
    await journal.keep([{ name: 'a', change: offer(60, 10) }])
    expect((await stat(path)).size).toBeLessThan(16e6)
    await journal.close()
    const again = await AgentJournal.open(await journalFile(path), clock)
    expect(again.kept('a')).toEqual(journal.kept('a'))
    expect(again.kept('b')).toEqual(journal.kept('b'))
    expect(again.kept('a')).toMatchObject({ base: 60, state: { position: 59 }, offers: [{ ordinal: 60 }] })
    expect(again.kept('b')?.base).toBe(41)
    expect(again.kept('c')).toBeNull()
    await again.clear()
    expect((await stat(path)).size).toBe(0)
    await again.close()
  })
})
