/** What the process answers, so that a pipeline can gate on a plan. */
export const exitCodes = {
  /** It worked, and the plan holds. */
  holds: 0,
  /** It worked, and the plan does not hold. A command says so with `process.exitCode`. */
  doesNotHold: 1,
  /** Bad usage or bad input. A command says so with `command.error(sentence)`. */
  badInput: 2,
  /** Holdfast itself is at fault: sysexits.h calls it EX_SOFTWARE. */
  broken: 70,
  /** Ended by Ctrl-C, as shells count it: 128 and the number of SIGINT. */
  interrupted: 130,
} as const
