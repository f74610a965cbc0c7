/**
 * Runs after every install, on whatever Node npm has. Of two packages with a program of the same name, npm 10 links
 * neither when the first is for another processor; so the link to the project's own Node is made here if it is missing.
 */
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'

const own = `node-${process.platform}-${process.arch}/bin/node`

if (existsSync(`node_modules/${own}`) && !existsSync('node_modules/.bin/node')) {
  mkdirSync('node_modules/.bin', { recursive: true })
  symlinkSync(`../${own}`, 'node_modules/.bin/node')
}
