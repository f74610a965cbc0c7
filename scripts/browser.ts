/**
 * Tests of the window need Chromium. Where there is none, and this is Debian or Ubuntu as root (a build machine), it is
 * installed; elsewhere a sentence says what is missing, and those tests are skipped.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { BROWSERS } from './browsers.ts'

const run = (...command: [string, ...string[]]): boolean => {
  const [program, ...args] = command
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  return spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'], env }).status === 0
}

if (!BROWSERS.some(path => existsSync(path))) {
  if (process.geteuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log('Chromium is missing: installing it for the tests of the window.')
    const isThere =
      run('apt-get', 'update', '-qq') &&
      run('apt-get', 'install', '-qq', '-y', '--no-install-recommends', 'chromium', 'fonts-dejavu-core')
    if (!isThere) console.log('It could not be installed: tests of the window are skipped.')
  } else {
    console.log(`Tests of the window are skipped: there is no browser at ${BROWSERS.join(', ')}.`)
  }
}
