import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
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
    const [checkpoint, record] = [
      join(folder, 'federation', 'checkpoints', '2-5.checkpoint'),
      join(folder, 'federation', 'records', '2-5.jsonl'),
    ]
    const [bytes, text] = [await readFile(checkpoint), await readFile(record, 'utf8')]
    for (const [path, content, message] of [
      [checkpoint, bytes.subarray(0, -1), `${checkpoint} is damaged`],
      [checkpoint, new Uint8Array(3), `${checkpoint} is damaged`],
      [record, text.slice(0, -2), `${record} is damaged`],
      [record, text.replace('{', '['), `${record} is damaged`],
    ] as const) {
      await writeFile(path, content)
      await expect(store.load(RUN)).rejects.toThrow(message)
      await writeFile(checkpoint, bytes)
      await writeFile(record, text)
    }
    expect((await store.load(RUN))?.lines).toEqual([line(0)])
    await store.close()
  })
})
