/** Whether the tags of an XML text close as they were opened: the parser itself forgives what it should not. */

export interface TagMistake {
  readonly at: number
  readonly message: string
}

/** The first mistake, or undefined. One pass, without comments and instructions, which are blanks by then. */
export function tagMistake(text: string): TagMistake | undefined {
  const open: string[] = []
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at)) {
    if (text.startsWith('<![CDATA[', at)) {
      const end = text.indexOf(']]>', at)
      if (end < 0) return { at, message: 'a CDATA section does not end' }
      at = end + 3
      continue
    }
    const end = endOfTag(text, at)
    if (end < 0) return { at, message: 'a tag does not end' }
    const name = /^<\/?([^\s<>/]{1,200})/.exec(text.slice(at, Math.min(end, at + 210)))?.[1]
    if (name === undefined) return { at, message: 'a tag has no name' }
    if (text[at + 1] === '/') {
      const last = open.pop()
      if (last !== name)
        return {
          at,
          message: last === undefined ? `</${name}> closes nothing` : `</${name}> closes <${last}>`,
        }
    } else if (text[end - 1] !== '/') open.push(name)
    at = end + 1
  }
  const last = open.at(-1)
  return last === undefined ? undefined : { at: text.length, message: `<${last}> is not closed` }
}

/** The bracket that ends a tag, outside of quotes; -1 if there is none, or another tag begins before. */
function endOfTag(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const c = text[at]
    if (c === '>') return at
    if (c === '<') return -1
    if (c === '"' || c === "'") {
      at = text.indexOf(c, at + 1)
      if (at < 0) return -1
    }
  }
  return -1
}
