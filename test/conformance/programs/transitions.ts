/** Lock states and the calls between them. */
import { mlock, mlockall, mmap, munlock, munlockall, onfault, program, read, write } from './build.ts'
import type { Line } from './build.ts'

const from: readonly { id: string; says: string; lines: Line[] }[] = [
  { id: 'unlocked', says: 'an unlocked region', lines: [] },
  { id: 'lo', says: 'a locked region', lines: [mlock('a', 8)] },
  { id: 'lo-lf', says: 'a lock-on-fault region', lines: [onfault('a', 8)] },
  { id: 'future-lo', says: 'a region mapped under MCL_FUTURE', lines: [] },
  { id: 'future-lo-lf', says: 'a region mapped under MCL_FUTURE | MCL_ONFAULT', lines: [] },
]

const calls: readonly { id: string; says: string; line: Line }[] = [
  { id: 'mlock', says: 'mlock', line: mlock('a', 8) },
  { id: 'mlock-part', says: 'mlock of a part', line: mlock('a+2', 3) },
  { id: 'onfault', says: 'mlock2(ONFAULT)', line: onfault('a', 8) },
  { id: 'onfault-part', says: 'mlock2(ONFAULT) of a part', line: onfault('a+2', 3) },
  { id: 'munlock', says: 'munlock', line: munlock('a', 8) },
  { id: 'munlock-part', says: 'munlock of a part', line: munlock('a+2', 3) },
  { id: 'munlockall', says: 'munlockall', line: munlockall() },
  { id: 'mlockall-c', says: 'mlockall(CURRENT)', line: mlockall('current') },
  { id: 'mlockall-co', says: 'mlockall(CURRENT | ONFAULT)', line: mlockall('current', 'onfault') },
  { id: 'mlockall-f', says: 'mlockall(FUTURE)', line: mlockall('future') },
  { id: 'mlockall-fo', says: 'mlockall(FUTURE | ONFAULT)', line: mlockall('future', 'onfault') },
  { id: 'mlockall-cf', says: 'mlockall(CURRENT | FUTURE)', line: mlockall('current', 'future') },
  {
    id: 'mlockall-cfo',
    says: 'mlockall(CURRENT | FUTURE | ONFAULT)',
    line: mlockall('current', 'future', 'onfault'),
  },
]

export const transitions = from.flatMap(state =>
  calls.map(call =>
    program(
      `state-${state.id}-${call.id}`,
      `${call.says} on ${state.says}; then what new pages and mappings get.`,
      [
        ...(state.id === 'future-lo' ? [mlockall('future')] : []),
        ...(state.id === 'future-lo-lf' ? [mlockall('future', 'onfault')] : []),
        mmap('a', 8),
        ...state.lines,
        write('a', 2),
        read('a+4', 1),
        call.line,
        write('a+3', 2),
        mmap('b', 2),
        write('b', 1),
        mlock('a', 8),
        munlock('a', 8),
      ],
    ),
  ),
)
