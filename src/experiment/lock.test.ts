import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { InputError } from './errors.ts'
import { lock } from './lock.ts'

const root = await mkdtemp(join(tmpdir(), 'fedrl-lock-'))
afterAll(() => rm(root, { recursive: true }))

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'x'))
})

/** Leaves the lock of another process. */
const leave = (owner: unknown): Promise<void> =>
  writeFile(join(folder, 'lock'), typeof owner === 'string' ? owner : JSON.stringify(owner))

test('a lock is held until it is given back', async () => {
  const release = await lock(folder)
  await expect(lock(folder)).rejects.toThrow(InputError)
  await expect(lock(folder)).rejects.toThrow(`${folder}: process ${process.pid} is writing this run`)
  await release()
  expect(await readdir(folder)).toEqual([])
  await (
    await lock(folder)
  )()
})

test('another living process holds its lock, and a killed one does not, even before it is waited for', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  await once(child, 'spawn')
  const own = await lock(folder)
  const { started } = JSON.parse(await readFile(join(folder, 'lock'), 'utf8')) as { started: string }
  await own()
  expect(started === '').toBe(process.platform !== 'linux')
  const stat = process.platform === 'linux' ? await readFile(`/proc/${child.pid}/stat`, 'utf8') : ''
  await leave({ pid: child.pid, started: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '' })
  await expect(lock(folder)).rejects.toThrow(`process ${child.pid} is writing this run`)
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
  await (
    await lock(folder)
  )()
})

test.each([
  ['of a process that is gone', { pid: 2 ** 22 + 1, started: '' }],
  ['of an earlier process with our number', { pid: process.pid, started: 'before' }],
  ['that was cut short', '{"pid": 1'],
  ['that is empty', ''],
])('a lock %s is void', async (_, owner) => {
  await leave(owner)
  const release = await lock(folder)
  expect(await readdir(folder)).toEqual(['lock'])
  await release()
})

test('of many that find a void lock at once, one gets it', async () => {
  await leave({ pid: 2 ** 22 + 1, started: '' })
  const tries = await Promise.allSettled(Array.from({ length: 8 }, () => lock(folder)))
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
})

test.each([-1, 0, 1e99, 1.5])('a lock that names the process %d is no lock', async (pid) => {
  await leave({ pid, started: '' })
  await (
    await lock(folder)
  )()
  expect(await readdir(folder)).toEqual([])
})

const without = (code: string) => async (): Promise<void> => {
  throw Object.assign(new Error(code), { code, syscall: 'link' })
}

test.each(['EPERM', 'ENOTSUP', 'ENOSYS'])('a file system that answers %s has locks too', async (code) => {
  await leave({ pid: 2 ** 22 + 1, started: '' })
  const release = await lock(folder, without(code))
  expect(await readdir(folder)).toEqual(['lock'])
  await expect(lock(folder, without(code))).rejects.toThrow(`process ${process.pid} is writing this run`)
  await release()
  expect(await readdir(folder)).toEqual([])
})

test('a disk that fails gives no lock', async () => {
  await expect(lock(folder, without('EIO'))).rejects.toThrow('EIO')
  expect(await readdir(folder)).toEqual([])
})

test('what a killed process left beside the lock is removed, what a living one has there stays', async () => {
  await writeFile(join(folder, 'lock-2147483647-0'), '')
  await writeFile(join(folder, `lock-${process.ppid}-0`), '')
  const release = await lock(folder)
  expect((await readdir(folder)).toSorted()).toEqual(['lock', `lock-${process.ppid}-0`])
  await release()
})
