/** The join page as routes of the server: a few files that were built with the program, and headers that keep the page to itself. */
import { readFile, readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, extname, join } from 'node:path'
import { Hono } from 'hono'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Where the build puts the page. */
const builtPage = (): string =>
  join(dirname(createRequire(import.meta.url).resolve('fedrl/package.json')), 'dist', 'page')

/** Hosts as they stand in a request: anything else gets no place in a policy. */
const HOST = /^[A-Za-z0-9.:[\]-]+$/

/** The page may load what this server has, and talk to this server; sampled gradients are computed by WebAssembly. */
function policyFor(host: string | undefined): string {
  const sockets = host !== undefined && HOST.test(host) ? ` ws://${host} wss://${host}` : ''
  return [
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",
    `connect-src 'self'${sockets}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/**
 * The routes of the join page, to be mounted at `/join`.
 * @param folder of the built page
 */
export async function joinPage(folder = builtPage()): Promise<Hono> {
  const files = await filesIn(folder)
  const page = new Hono()
  page.get('*', (context) => {
    const path = context.req.path.replace(/^.*?\/join/, '')
    // relative, for the server may lie behind another one; a browser keeps what follows the #
    if (path === '') return context.redirect('join/')
    const name = path === '/' ? 'index.html' : path.slice(1)
    const bytes = files.get(name)
    if (bytes === undefined) return context.text('the join page has no such file\n', 404)
    return context.body(bytes, 200, {
      'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream',
      'Content-Security-Policy': policyFor(context.req.header('host')),
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
      'Cross-Origin-Opener-Policy': 'same-origin',
    })
  })
  return page
}

/** Every file below a folder, by its path with forward slashes; none where there is no such folder. */
async function filesIn(folder: string): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries.filter((entry) => entry.isFile())
  const read = files.map(async ({ parentPath, name }): Promise<[string, Uint8Array<ArrayBuffer>]> => {
    const path = join(parentPath, name)
    return [path.slice(folder.length + 1).replaceAll('\\', '/'), new Uint8Array(await readFile(path))]
  })
  return new Map(await Promise.all(read))
}

/** The link that people open to take part, from the address that agents connect to. */
export const joinLink = (address: string): string => {
  const link = new URL('join', address)
  link.protocol = link.protocol === 'wss:' ? 'https:' : 'http:'
  return link.href
}
