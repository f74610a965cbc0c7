/** Text that somebody else wrote, made fit for a sentence, a terminal, a page. */

/** Control characters, escapes of terminals among them; marks that turn the direction of text or cannot be seen. */
const UNSEEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb]/g
/** Half of a pair, which no encoding can write. */
const HALVES = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/**
 * The text on one line, without control characters, with angle brackets that no browser takes for a tag, and cut to a
 * length in characters. What was taken out leaves a mark, so that two names do not become one in silence.
 */
export function safeText(text: string, mostCharacters = 120): string {
  // Twice as much is looked at as is shown: time does not grow with the text.
  const cut = text.slice(0, mostCharacters * 2)
  const clean = cut.replace(UNSEEN, '·').replace(HALVES, '·').replace(/</g, '‹').replace(/>/g, '›')
  return clean.length > mostCharacters || text.length > cut.length
    ? `${clean.slice(0, mostCharacters - 1).replace(HALVES, '')}…`
    : clean
}

/** The same in quotation marks, for a sentence. */
export function quoted(text: string, mostCharacters = 60): string {
  return `"${safeText(text, mostCharacters)}"`
}
