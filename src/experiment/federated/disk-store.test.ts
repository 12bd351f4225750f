import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { RecordLine } from '../../federation/served-run.ts'
import { writeAtomically } from '../disk.ts'
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
    const record = join(folder, 'federation', 'records', '2-5.jsonl')
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
    await store.save(RUN, [line(0)], Uint8Array.of(1, 2, 3))
    const [checkpoint, record] = [slot(folder, 'a'), join(folder, 'federation', 'records', '2-5.jsonl')]
    const [bytes, text] = [await readFile(checkpoint), await readFile(record, 'utf8')]
    for (const [path, content, message] of [
      [checkpoint, bytes.subarray(0, -1), `${checkpoint} is damaged`],
      [checkpoint, new Uint8Array(3), `${checkpoint} is damaged`],
      [record, text.slice(0, -2), `${record} is damaged`],
      [record, text.replace('{', '['), `${record} is damaged`],
    ] as const) {
      await writeFile(path, content)
      const again = `put back a copy of it, or remove ${checkpoint} to begin this run again`
      await expect(store.load(RUN)).rejects.toThrow(`${message}: ${again}`)
      await writeFile(checkpoint, bytes)
      await writeFile(record, text)
    }
    expect((await store.load(RUN))?.lines).toEqual([line(0)])
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

const slot = (folder: string, which: 'a' | 'b'): string =>
  join(folder, 'federation', 'checkpoints', `2-5.${which}.checkpoint`)
