/** Run by a test in a process of its own, which does not live to the end of it. */
import { runLive } from '../../host/index.ts'
import { long } from './thorough-programs.ts'

console.error(runLive(long))
