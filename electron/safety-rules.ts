/** A link that a person followed, such as to a commit of the kernel: shown by the browser of the system, or not at all. */
export function isForTheBrowser(url: string): boolean {
  const parsed = URL.parse(url)
  return parsed?.protocol === 'https:' && parsed.username === '' && parsed.password === ''
}
