/** Paths of files that are none of the page, for every shell that sends it. */
export const PATHS_OUTSIDE = [
  '/../secret.txt',
  '/%2e%2e/secret.txt',
  '/..%2fsecret.txt',
  '/assets/../../secret.txt',
  '/assets/%2e%2e/%2e%2e/secret.txt',
  '/..%5csecret.txt',
  '/..\\secret.txt',
  '/%00',
  '/index.html%00.txt',
  '/%ff',
  '/%',
  '//etc/passwd',
  '/link.txt',
  '/assets',
  '/nothing.js',
] as const
