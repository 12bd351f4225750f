/** In a real Chromium: the library gives the bytes it gives in Node, and a report opens without errors or requests. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium, type Browser } from 'playwright-core'
import { build, type Rolldown } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digests } from './browser/compute.ts'
import { fedrl } from './fedrl.ts'
import { ROOT } from './source.ts'

/** Path of the browser; empty where its tests are to be skipped. */
const EXECUTABLE = process.env['FEDRL_CHROMIUM'] ?? '/usr/bin/chromium'

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** One module with everything that `entry` needs, as text. */
async function bundle(entry: string): Promise<string> {
  const output = (await build({
    configFile: false,
    root: ROOT,
    logLevel: 'error',
    build: {
      write: false,
      minify: false,
      target: 'es2022',
      lib: { entry, formats: ['es'], fileName: 'page' },
    },
  })) as Rolldown.RolldownOutput[]
  const chunks = output.flatMap((one) => one.output)
  expect(chunks).toHaveLength(1)
  const [chunk] = chunks
  return chunk?.type === 'chunk' ? chunk.code : ''
}

async function serve(script: string): Promise<Server> {
  const server = createServer((request, response) => {
    const page = request.url === '/page.js'
    response.setHeader('content-type', page ? 'text/javascript' : 'text/html')
    response.end(
      page
        ? script
        : '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

describe.skipIf(EXECUTABLE === '')('in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: EXECUTABLE, args: FLAGS })
  })
  afterAll(() => browser?.close())

  test('numbers, draws, problems and a simulation have the bytes that Node gives them', async () => {
    const server = await serve(await bundle(join(ROOT, 'test', 'browser', 'page.ts')))
    const page = await browser.newPage()
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    await page
      .waitForFunction('globalThis.fedrl !== undefined', null, { timeout: 30_000 })
      .catch(() => undefined)
    const theirs: unknown = await page.evaluate('globalThis.fedrl')
    await page.close()
    server.close()
    expect(errors).toEqual([])
    const ours = await digests()
    expect(theirs).toEqual(ours)
    for (const start of ['one table', 'a table an agent']) {
      expect(ours[`compiled, from ${start}`]).toBe(ours[`plain, from ${start}`])
    }
    expect(ours['sampled gradients, compiled']).toBe(ours['sampled gradients, plain'])
  })

  test('a report opens from disk: no error, no script, no request, every figure in view of a reader', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fedrl-report-'))
    expect(fedrl(['run', 'examples/lake.yaml', '--seeds', '2', '--out', join(folder, 'run')])).toMatchObject({
      code: 0,
    })
    const page = await browser.newPage()
    const troubles: string[] = []
    page.on('console', (message) => troubles.push(message.text()))
    page.on('pageerror', (error) => troubles.push(error.message))
    const requests: string[] = []
    page.on('request', (request) => requests.push(request.url()))
    const url = pathToFileURL(join(folder, 'run', 'report.html')).href
    await page.goto(url, { waitUntil: 'load' })
    expect(troubles).toEqual([])
    expect(requests).toEqual([url])
    expect(await page.locator('script').count()).toBe(0)
    expect(await page.locator('h1').innerText()).toContain('lake')
    const sizes = await page.evaluate(
      `[...document.querySelectorAll('figure svg')].map((one) => one.getBoundingClientRect().width)`,
    )
    expect(sizes).not.toHaveLength(0)
    for (const width of sizes as number[]) expect(width).toBeGreaterThan(100)
    await page.close()
    rmSync(folder, { recursive: true })
  })
})
