/** What an executor can be asked to keep of a finished trial. Encodings have names, for functions do not cross threads. */
import type { Encode } from './executor.ts'
import { columnsOf, type RowColumns } from './row-columns.ts'
import { encodeProduct, type Product } from './trial.ts'

/** What is kept under each name. */
export interface Encodings {
  /** a run's: model and part as bytes */
  readonly products: Product
  /** the rows, for what is judged in memory and not written */
  readonly rows: RowColumns
}

/** How it is made. */
export const ENCODERS: { readonly [Name in keyof Encodings]: Encode<Encodings[Name]> } = {
  products: encodeProduct,
  rows: (_, { rows }) => columnsOf(rows),
}

/** The memory of what is kept, each buffer once, which a worker hands over without copying. */
export const buffersOf = (kept: Encodings[keyof Encodings]): ArrayBuffer[] => [
  ...new Set(
    Object.values(kept).flatMap((value: unknown) =>
      ArrayBuffer.isView(value) ? [value.buffer as ArrayBuffer] : [],
    ),
  ),
]
