/** Probes this machine and prints what was found: run as another user by the tests. */
import { probeMachine } from '../../../app/probe/probe-machine.ts'

console.log(JSON.stringify(await probeMachine()))
