import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeMdpJson } from '../mdp/json.ts'
import { build } from '../../test/exact-twins.ts'
import type { Io } from './io.ts'
import { solve } from './solve.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fedrl-solve-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** What a command gave back, and said. */
function recorder(): { io: Io; given: { document: unknown; text: string }[]; notes: string[] } {
  const given: { document: unknown; text: string }[] = []
  const notes: string[] = []
  const io: Io = {
    json: true,
    interactive: false,
    signal: new AbortController().signal,
    result: (document, text) => void given.push({ document, text: text() }),
    note: (line) => void notes.push(line),
  }
  return { io, given, notes }
}

async function write(name: string, content: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

/** The message of the failure, the folder's name cut. */
async function failure(file: string, options: Parameters<typeof solve>[1] = {}): Promise<string> {
  const error = await solve(file, options, recorder().io).then(
    () => new Error('no failure'),
    (reason: unknown) => reason as Error,
  )
  return `${error.name} ${error.message.replaceAll(`${folder}/`, '')}`
}

describe('fedrl solve', () => {
  it('prints tables by state, the residual and the bound', async () => {
    const mdp = build(2, 2, 0.5, [[0, 0, 0, 1, 1], [0, 1, 1, 1, 0]], [1]) // prettier-ignore
    const { io, given, notes } = recorder()
    await solve(await write('two.mdp.json', writeMdpJson(mdp)), {}, io)
    expect(given[0]?.document).toEqual({
      states: 2,
      actions: 2,
      discount: 0.5,
      q: [[2, 0], [0, 0]], // prettier-ignore
      v: [2, 0],
      policy: [0, 0],
      residual: 0,
      bound: expect.closeTo(0, 20),
      loss: expect.closeTo(0, 20),
      iterations: expect.any(Number),
    })
    expect(given[0]?.text).toContain(
      '2 states, 2 actions, discount 0.5\nstate  V*  action    Q*(s,0)  Q*(s,1)\n0      2   0         2        0\n1      0   terminal',
    )
    expect(notes).toEqual([])
  })

  it('shows the first rows of a large problem and says so', async () => {
    const mdp = build(
      30,
      1,
      0.5,
      Array.from({ length: 30 }, (_, s) => [s, 0, s, 1, 1]),
    )
    const { io, given } = recorder()
    await solve(await write('large.mdp.json', writeMdpJson(mdp)), {}, io)
    expect(given[0]?.text).toContain(
      '\n19     2   0       2\nonly the first 20 states and 1 actions are shown; --json prints all\n',
    )
  })

  it('says when the accuracy aimed at was not reached', async () => {
    const { io, notes } = recorder()
    const path = await write('hard.mdp.json', writeMdpJson(build(1, 1, 1 - 1e-12, [[0, 0, 0, 1 + 9e-10, 1]])))
    await solve(path, {}, io)
    expect(notes).toEqual([
      `${path}: the accuracy of 1e-10 was not reached; the bound on |Q - Q*| is unknown`,
    ])
  })

  it('tells a wrong file or option in one line', async () => {
    await mkdir(join(folder, 'folder.mdp.json'))
    const good = await write('good.mdp.json', writeMdpJson(build(1, 1, 0.5, [[0, 0, 0, 1, 1]])))
    const npz = await write('none.npz', 'no archive')
    expect(await failure(join(folder, 'missing.mdp.json'))).toBe('InputError missing.mdp.json: no such file')
    expect(await failure(join(folder, 'folder.mdp.json'))).toBe(
      'InputError folder.mdp.json: expected a file, got a folder',
    )
    expect(await failure(await write('empty.mdp.json', ' \n'))).toBe(
      'InputError empty.mdp.json: expected an Mdp in JSON, got an empty file',
    )
    expect(await failure(await write('text.txt', 'x'))).toBe(
      'InputError text.txt: expected a file that ends in .mdp.json or .npz',
    )
    expect(await failure(good, { discount: '0.5' })).toContain('InputError --discount: only an .npz file')
    expect(await failure(good, { layout: 'SAS' })).toContain('InputError --layout: only an .npz file')
    expect(await failure(npz, { discount: '0.5' })).toContain('InputError --layout: an .npz file needs SAS')
    expect(await failure(npz, { layout: 'SAS', discount: '1' })).toBe(
      'InputError --discount: an .npz file needs a number in [0, 1), got "1"',
    )
    expect(await failure(npz, { layout: 'SAS', discount: '0.5' })).toContain('InputError none.npz: ')
  })
})
