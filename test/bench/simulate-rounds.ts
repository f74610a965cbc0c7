/**
 * Times one group of simulate-groups.ts, the one that the argument names, and prints JSON on standard output. A program
 * of its own, as replay-rounds.ts is.
 */
import { GROUP_NAMES, GROUPS, type Figures } from './simulate-groups.ts'

const name = GROUP_NAMES.find(group => group === process.argv[2])
if (name === undefined) throw new Error(`the argument is one of: ${GROUP_NAMES.join('; ')}`)
const figures = await GROUPS[name]()
const report: Figures = { figures, peakMiB: process.resourceUsage().maxRSS / 1024 }
console.log(JSON.stringify(report))
