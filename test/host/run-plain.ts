/** Run by a test as another user. */
import { runLive } from '../../host/index.ts'
import { programOf } from './live.ts'

const program = programOf(
  [
    { op: 'mmap', as: 'a', length: 16384 },
    { op: 'mlock', on: 'a', length: 8192 },
    { op: 'mlock', on: 'a', length: 16384 },
  ],
  { process: { rlimitMemlock: 8192, capIpcLock: false } },
)
console.log(JSON.stringify(runLive(program)))
