import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { guarded, makeFolder, systemCode, systemReason, writeAtomically } from './disk.ts'
import { RunError } from './errors.ts'

const root = await mkdtemp(join(tmpdir(), 'fedrl-disk-'))
afterAll(() => rm(root, { recursive: true }))

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

test('pieces become a file, its folders are made, nothing else is left', async () => {
  const path = join(root, 'a', 'b', 'file')
  await writeAtomically(path, [utf8('one '), utf8('two')])
  expect(await readFile(path, 'utf8')).toBe('one two')
  expect(await readdir(join(root, 'a', 'b'))).toEqual(['file'])
})

test('files that are written into one folder at once are all there, and one that fails fails alone', async () => {
  const folder = join(root, 'many')
  const numbers = Array.from({ length: 20 }, (_, i) => i)
  const stop = async function* (): AsyncGenerator<Uint8Array> {
    yield utf8('half')
    throw new Error('stop')
  }
  const failing = writeAtomically(join(folder, 'failing'), stop())
  await Promise.all([
    ...numbers.map((i) => writeAtomically(join(folder, `${i}`), [utf8(`${i}`)])),
    expect(failing).rejects.toThrow('stop'),
  ])
  expect((await readdir(folder)).toSorted()).toEqual(numbers.map(String).toSorted())
  for (const i of numbers) expect(await readFile(join(folder, `${i}`), 'utf8')).toBe(`${i}`)
})

test('while a file is written, and when that fails, the old one stands', async () => {
  const path = join(root, 'old')
  await writeFile(path, 'old')
  const seen: string[] = []
  const failing = async function* (): AsyncGenerator<Uint8Array> {
    yield utf8('new')
    seen.push(await readFile(path, 'utf8'))
    throw new Error('stop')
  }
  await expect(writeAtomically(path, failing())).rejects.toThrow('stop')
  expect([...seen, await readFile(path, 'utf8')]).toEqual(['old', 'old'])
  expect(await readdir(root)).not.toContain('old.tmp')
})

test('what the system refuses is a failure that names file and reason', async () => {
  const path = join(root, 'folder')
  await mkdir(path)
  const failed = guarded(writeAtomically)(path, [utf8('x')])
  await expect(failed).rejects.toThrow(RunError)
  await expect(failed).rejects.toThrow(`cannot write ${path}: `)
})

test('a bug stays a bug', async () => {
  const bug = new TypeError('x is undefined')
  await expect(guarded(() => Promise.reject(bug))('file', [])).rejects.toBe(bug)
})

test('only errors of the system have a code', () => {
  expect(systemCode(Object.assign(new Error('no'), { code: 'ENOSPC', syscall: 'write' }))).toBe('ENOSPC')
  expect(systemCode(Object.assign(new Error('no'), { code: 'ERR_INVALID_ARG_TYPE' }))).toBeUndefined()
  expect(systemCode('ENOSPC')).toBeUndefined()
  expect(systemReason('ENOSPC')).toBe('no space left on the device (ENOSPC)')
  expect(systemReason('EWEIRD')).toBe('EWEIRD')
})

test('folders are made from the outermost missing one on, by several at once too', async () => {
  const made = join(root, 'new')
  expect(await makeFolder(join(made, 'b', 'c'))).toBe(made)
  expect(await makeFolder(join(made, 'b'))).toBeNull()
  const deep = join(root, 'at', 'once')
  await Promise.all([makeFolder(deep), makeFolder(deep), makeFolder(deep)])
  expect(await readdir(join(root, 'at'))).toEqual(['once'])
  await writeFile(join(made, 'file'), '')
  await expect(makeFolder(join(made, 'file'))).rejects.toMatchObject({ code: 'EEXIST' })
  await expect(makeFolder(join(made, 'file', 'd', 'e'))).rejects.toMatchObject({ code: 'ENOTDIR' })
})

test.runIf(process.platform === 'linux')(
  'a folder that takes no folders is an error, not a wait without end',
  () => expect(makeFolder('/proc/fedrl/a')).rejects.toMatchObject({ code: 'ENOENT' }),
)
