import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { RecordLine } from '../../federation/served-run.ts'
import { writeAtomically } from '../disk.ts'
import { readCheckpoint } from './checkpoint-file.ts'
import { diskStore } from './disk-store.ts'

const root = await mkdtemp(join(tmpdir(), 'fedrl-store-'))
afterAll(() => rm(root, { recursive: true }))
let folders = 0
const newFolder = (): string => join(root, String(++folders))

const RUN = { variant: 2, seed: 5 }
const line = (round: number): RecordLine => ({
  round,
  phase: 0,
  agents: [0, 2],
  late: [2],
  measured: [
    ['error', 0.1 + round],
    ['gap', NaN],
    ['bytes', -0],
  ],
})

/** More than the record keeps unsynced. */
const LONG = Array.from({ length: 100 }, (_, round) => line(round))

describe('what a server keeps on disk', () => {
  it('is there again: members, the checkpoint, and the lines up to it', async () => {
    const folder = newFolder()
    const store = diskStore(folder, writeAtomically)
    expect([await store.members(), await store.load(RUN), await store.has(RUN)]).toEqual([[], null, false])
    await store.keepMembers(['a', 'b'])
    await store.save(RUN, [line(0), line(1)], Uint8Array.of(1, 2, 3))
    await store.save(RUN, [line(2)], Uint8Array.of(4))
    await store.close()
    // a line whose checkpoint never came
    const record = recordIn(folder)
    await writeFile(record, `${await readFile(record, 'utf8')}{"round":3`)
    const again = diskStore(folder, writeAtomically)
    expect(await again.members()).toEqual(['a', 'b'])
    expect(await again.load(RUN)).toMatchObject({
      checkpoint: Uint8Array.of(4),
      lines: [line(0), line(1), line(2)],
    })
    await again.save(RUN, [line(3)], Uint8Array.of(5))
    expect((await again.load(RUN))?.lines).toEqual([0, 1, 2, 3].map(line))
    await again.forget(RUN)
    expect(await again.has(RUN)).toBe(false)
    await again.close()
  })

  it('is named where it is damaged', async () => {
    const folder = newFolder()
    const store = diskStore(folder, writeAtomically)
    await store.load(RUN)
    await store.save(RUN, LONG, Uint8Array.of(1, 2, 3))
    const [checkpoint, record] = [slot(folder, 'a'), recordIn(folder)]
    const [bytes, text] = [await readFile(checkpoint), await readFile(record, 'utf8')]
    const other = Uint8Array.from(bytes)
    other[33] = 9
    for (const [path, content, message] of [
      [checkpoint, bytes.subarray(0, 100), `${checkpoint} is damaged`],
      [checkpoint, new Uint8Array(3), `${checkpoint} is damaged`],
      [checkpoint, other, `${checkpoint} is damaged`],
      [record, text.slice(0, -2), `${record} is damaged`],
      [record, text.replace('{', '['), `${record} is damaged`],
    ] as const) {
      await writeFile(path, content)
      const again = `put back a copy of it, or remove ${checkpoint} to begin this run again`
      await expect(store.load(RUN)).rejects.toThrow(`${message}: ${again}`)
      await writeFile(checkpoint, bytes)
      await writeFile(record, text)
    }
    expect((await store.load(RUN))?.lines).toEqual(LONG)
    await store.close()
  })

  it('names both checkpoints where the record under both is damaged', async () => {
    const folder = newFolder()
    const store = diskStore(folder, writeAtomically)
    await store.load(RUN)
    await store.save(RUN, LONG, Uint8Array.of(1))
    for (const round of [LONG.length, LONG.length + 1]) await store.save(RUN, [line(round)], Uint8Array.of(1))
    await store.close()
    await writeFile(recordIn(folder), '')
    await expect(store.check(RUN)).rejects.toThrow(
      `${recordIn(folder)} is damaged: put back a copy of it, or remove ${slot(folder, 'a')} and ${slot(folder, 'b')} to begin this run again, for which each agent has to join with a new --state`,
    )
    await Promise.all([rm(slot(folder, 'a')), rm(slot(folder, 'b'))])
    expect(await store.load(RUN)).toBe(null)
    await store.close()
  })

  it('puts back the lines of the record that a crash took before they were synced', async () => {
    const folder = newFolder()
    const store = diskStore(folder, writeAtomically)
    await store.load(RUN)
    for (const one of [...LONG, line(LONG.length)]) await store.save(RUN, [one], Uint8Array.of(1))
    await store.close()
    const [record, all] = [recordIn(folder), [...LONG, line(LONG.length)]]
    const text = await readFile(record, 'utf8')
    // what a checkpoint says of the record is at least what was synced
    const whole = await readCheckpoint(slot(folder, 'a'))
    const synced = typeof whole?.state === 'object' ? whole.state.synced : NaN
    expect(synced).toBeGreaterThan(0)
    expect(synced).toBeLessThan(text.length)
    await writeFile(record, text.slice(0, synced))
    expect((await store.load(RUN))?.lines).toEqual(all)
    expect(await readFile(record, 'utf8')).toBe(text)
    await store.close()
    await writeFile(record, text.slice(0, synced))
    await store.forget(RUN)
    expect(await readFile(record, 'utf8')).toBe(text)
  })

  it('does not shorten the record where a crash has left the older checkpoint alone', async () => {
    const folder = newFolder()
    const store = diskStore(folder, writeAtomically)
    await store.load(RUN)
    for (const round of [0, 1]) await store.save(RUN, [line(round)], Uint8Array.of(round))
    await store.close()
    const text = await readFile(recordIn(folder), 'utf8')
    await rm(slot(folder, 'b'))
    await store.forget(RUN)
    expect([await readFile(recordIn(folder), 'utf8'), await store.has(RUN)]).toEqual([text, false])
  })

  it('goes on from the checkpoint before where a crash cut the writing of the newest short', async () => {
    const folder = newFolder()
    const store = diskStore(folder, writeAtomically)
    await store.load(RUN)
    const content = (round: number): Uint8Array => new Uint8Array(2000).fill(round)
    for (const round of [0, 1]) await store.save(RUN, [line(round)], content(round))
    const before = await readFile(slot(folder, 'a'))
    await store.save(RUN, [line(2)], content(2))
    const after = await readFile(slot(folder, 'a'))
    // any of its sectors, and not all
    for (const sectors of [[0], [1], [0, 2], [1, 2, 3]]) {
      const torn = Uint8Array.from(before)
      for (const i of sectors) torn.set(after.subarray(512 * i, 512 * (i + 1)), 512 * i)
      await writeFile(slot(folder, 'a'), torn)
      expect(await store.load(RUN)).toMatchObject({ checkpoint: content(1), lines: [line(0), line(1)] })
      // and writes that one again, under a new number
      await store.save(RUN, [line(2)], content(2))
      expect((await store.load(RUN))?.checkpoint).toEqual(content(2))
      await store.close()
      await writeFile(slot(folder, 'a'), after)
    }
  })

  it('has room for checkpoints that grow, and writes them in their place', async () => {
    const folder = newFolder()
    let files = 0
    const store = diskStore(folder, async (path, chunks) => {
      files++
      await writeAtomically(path, chunks)
    })
    await store.load(RUN)
    for (let round = 0; round < 20; round++) {
      await store.save(RUN, [line(round)], new Uint8Array(round < 10 ? 3000 : 30_000).fill(round))
      expect((await readCheckpoint(slot(folder, round % 2 === 0 ? 'a' : 'b')))?.state).toMatchObject({
        number: round + 1,
      })
    }
    expect(files).toBe(4)
    expect((await store.load(RUN))?.checkpoint).toEqual(new Uint8Array(30_000).fill(19))
    await store.close()
  })

  it('says which checkpoint is the last good one, and goes on from it when it is told to', async () => {
    const folder = newFolder()
    const store = diskStore(folder, writeAtomically)
    await store.load(RUN)
    for (const round of [0, 1, 2]) await store.save(RUN, [line(round)], Uint8Array.of(round))
    const [newest, before] = [slot(folder, 'a'), slot(folder, 'b')]
    const good = await readFile(newest)
    await writeFile(newest, good.subarray(1))
    await expect(store.load(RUN)).rejects.toThrow(
      `${newest} is damaged: put back a copy of it; the last good checkpoint is ${before}, after round 2, and to go on from it, with agents that were told of no later one: remove ${newest}`,
    )
    await rm(newest)
    expect(await store.load(RUN)).toMatchObject({ checkpoint: Uint8Array.of(1), lines: [line(0), line(1)] })
    await store.save(RUN, [line(2)], Uint8Array.of(2))
    expect(await store.load(RUN)).toMatchObject({ checkpoint: Uint8Array.of(2) })
    await store.close()
  })

  it('says the same, and why, of a checkpoint that cannot be read at all', async () => {
    const folder = newFolder()
    const store = diskStore(folder, writeAtomically)
    await store.load(RUN)
    for (const round of [0, 1, 2]) await store.save(RUN, [line(round)], Uint8Array.of(round))
    const [newest, before] = [slot(folder, 'a'), slot(folder, 'b')]
    await store.close()
    await rm(newest)
    await mkdir(newest)
    await expect(store.load(RUN)).rejects.toThrow(
      `${newest} cannot be read, it is a folder (EISDIR): put back a copy of it; the last good checkpoint is ${before}, after round 2, and to go on from it, with agents that were told of no later one: remove ${newest}`,
    )
    await writeFile(before, 'x')
    await expect(store.load(RUN)).rejects.toThrow(
      `${newest} cannot be read, it is a folder (EISDIR) and ${before} is damaged: put back a copy of one`,
    )
    expect(await store.has(RUN)).toBe(true)
  })

  it('is not in the way where the older of two checkpoints is damaged', async () => {
    const folder = newFolder()
    const store = diskStore(folder, writeAtomically)
    await store.load(RUN)
    for (const round of [0, 1]) await store.save(RUN, [line(round)], Uint8Array.of(round))
    await writeFile(slot(folder, 'a'), 'x')
    expect(await store.load(RUN)).toMatchObject({ checkpoint: Uint8Array.of(1), lines: [line(0), line(1)] })
    await store.save(RUN, [line(2)], Uint8Array.of(2))
    expect((await store.load(RUN))?.checkpoint).toEqual(Uint8Array.of(2))
    await store.close()
  })

  it('tells of a list of members that is none', async () => {
    const folder = newFolder()
    await mkdir(join(folder, 'federation'), { recursive: true })
    const path = join(folder, 'federation', 'members.json')
    await writeFile(path, '["a", 1]')
    await expect(diskStore(folder, writeAtomically).members()).rejects.toThrow(
      `${path} is damaged: put back a copy of it`,
    )
  })
})

const recordIn = (folder: string): string => join(folder, 'federation', 'records', '2-5.jsonl')

const slot = (folder: string, which: 'a' | 'b'): string =>
  join(folder, 'federation', 'checkpoints', `2-5.${which}.checkpoint`)
