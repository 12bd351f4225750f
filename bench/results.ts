/** What a benchmark leaves behind: a JSON file in bench/results/ and a table between the markers of docs/performance.md. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PAGE = `${ROOT}docs/performance.md`

/** Where and when something was measured; names no host. */
export const circumstances = () => ({
  date: new Date().toISOString().slice(0, 10),
  cpu: (cpus()[0]?.model ?? 'unknown').trim(),
  cores: availableParallelism(),
  node: process.version,
  loadAverage: Number((loadavg()[0] ?? 0).toFixed(1)),
})

/** What {@link circumstances} gives. */
export type Circumstances = ReturnType<typeof circumstances>

/** A sentence of where, when and how. */
export const described = ({ date, cpu, cores, node, loadAverage }: Circumstances, command: string): string =>
  `${date}, ${cpu}, ${cores} cores, Node ${node.slice(1)}, load average ${loadAverage} at the start. Command: \`${command}\`.`

/** A Markdown table. */
export const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

/** Writes bench/results/<date>-<name>.json, and `markdown` between the markers of that name. */
export async function record(
  name: string,
  data: Circumstances & Readonly<Record<string, unknown>>,
  markdown: string,
): Promise<void> {
  mkdirSync(`${ROOT}bench/results`, { recursive: true })
  writeFileSync(`${ROOT}bench/results/${data.date}-${name}.json`, `${JSON.stringify(data, null, 1)}\n`)
  const page = readFileSync(PAGE, 'utf8')
  const [from, to] = [`<!-- bench ${name} -->`, `<!-- end ${name} -->`]
  const [start, end] = [page.indexOf(from), page.indexOf(to)]
  if (start < 0 || end < start) throw new Error(`${PAGE}: expected the markers ${from} and ${to}`)
  const text = `${page.slice(0, start + from.length)}\n\n${markdown}\n\n${page.slice(end)}`
  writeFileSync(PAGE, await format(text, { ...(await resolveConfig(PAGE)), filepath: PAGE }))
}
