/** JSON values, one on a line: how answers and events come over HTTP. */

export const NDJSON = 'application/x-ndjson'

/** One value as a line. */
export const lineOf = (value: unknown): string => `${JSON.stringify(value)}\n`

/** The values of a stream as they arrive. Empty lines keep a connection alive and mean nothing. */
export async function* valuesIn(stream: AsyncIterable<Uint8Array>): AsyncGenerator {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const piece of stream) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') yield JSON.parse(line) as unknown
  }
}
