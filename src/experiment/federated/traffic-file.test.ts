import { mkdtempSync, rmSync, writeFileSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { writeAtomically } from '../disk.ts'
import { readTraffic, writeTraffic, type NamedTraffic } from './traffic-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'fedrl-traffic-'))
afterAll(() => rmSync(folder, { recursive: true }))

const agent: NamedTraffic = {
  name: 'a',
  sessions: 1,
  receivedBytes: 2,
  sentBytes: 3,
  updates: { received: 4, durable: 5, duplicate: 6, late: 7, refused: 8 },
}

it('gives back what was written, and 0 for what is no count', async () => {
  expect(await readTraffic(folder)).toEqual([])
  await writeTraffic(folder, [agent], writeAtomically)
  expect(await readTraffic(folder)).toEqual([agent])
  const path = join(folder, 'federation', 'traffic.csv')
  writeFileSync(path, readFileSync(path, 'utf8').replace('a,1,2,3,4', 'a,1,-2,x'))
  const [damaged] = await readTraffic(folder)
  expect([damaged?.sessions, damaged?.receivedBytes, damaged?.sentBytes]).toEqual([1, 0, 0])
  expect(Object.values(damaged?.updates ?? {})).toEqual([5, 6, 7, 8, 0])
})
