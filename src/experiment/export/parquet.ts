/** Rows as Apache Parquet: names as text, numbers as 64-bit integers and doubles, compressed by Snappy. */
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import type { Row } from '../../metrics/row.ts'

const COLUMNS = [
  { name: 'variant', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'seed', type: 'INT64', repetition_type: 'REQUIRED' },
  { name: 'round', type: 'INT64', repetition_type: 'REQUIRED' },
  { name: 'step', type: 'INT64', repetition_type: 'REQUIRED' },
  { name: 'metric', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'value', type: 'DOUBLE', repetition_type: 'REQUIRED' },
] as const

/** Rows of a row group. */
const GROUP = 100_000

/** The bytes of a Parquet file with the columns of `rows.csv`, in pieces. */
export async function* parquetOf(batches: AsyncIterable<readonly Row[]>): AsyncGenerator<Uint8Array> {
  const writer = new ByteWriter()
  const parquet = new ParquetWriter({
    writer,
    schema: [{ name: 'root', num_children: COLUMNS.length }, ...COLUMNS],
  })
  for await (const rows of groups(batches, GROUP)) {
    await parquet.write({ columnData: columnsOf(rows), rowGroupSize: GROUP })
    yield drain(writer)
  }
  await parquet.finish()
  yield drain(writer)
}

/** What was written since the last time. Offsets within the file keep counting. */
function drain(writer: ByteWriter): Uint8Array {
  const bytes = writer.getBytes().slice()
  writer.index = 0
  return bytes
}

async function* groups(batches: AsyncIterable<readonly Row[]>, size: number): AsyncGenerator<Row[]> {
  let group: Row[] = []
  for await (const batch of batches) {
    for (const row of batch) {
      group.push(row)
      if (group.length < size) continue
      yield group
      group = []
    }
  }
  if (group.length > 0) yield group
}

const integers = (values: readonly number[]): BigInt64Array => BigInt64Array.from(values, BigInt)

const columnsOf = (rows: readonly Row[]) => [
  { name: 'variant', data: rows.map(({ variant }) => variant) },
  { name: 'seed', data: integers(rows.map(({ seed }) => seed)) },
  { name: 'round', data: integers(rows.map(({ round }) => round)) },
  { name: 'step', data: integers(rows.map(({ step }) => step)) },
  { name: 'metric', data: rows.map(({ metric }) => metric) },
  { name: 'value', data: Float64Array.from(rows, ({ value }) => value) },
]
