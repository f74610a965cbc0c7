import { InvalidArgumentError, type Command } from 'commander'
import { parseDuration } from '../../engine/quantity.ts'

export interface CalibrateCommandOptions {
  readonly time?: number
  readonly share?: number
  readonly machine?: string
  readonly title?: string
  readonly out?: string
  readonly store?: string
  readonly rows?: true
  readonly json?: true
}

/** `holdfast calibrate`: the unit costs of this machine. */
export function registerCalibrate(program: Command): void {
  program
    .command('calibrate')
    .description(
      'Measure what the kernel’s work costs on this machine, and keep it for plans; nothing stays changed',
    )
    .option('--time <duration>', 'how long it may take (default: 2 min)', seconds)
    .option('--share <share>', 'most of the free memory that it uses, as in 10 % (default: 25 %)', share)
    .option('--machine <id>', 'a saved machine that has these costs from now on (see: holdfast machine list)')
    .option('--title <title>', 'what the table is called')
    .option('--out <file>', 'write the table there, too')
    .option('--rows', 'print every timed step beside what was predicted for it')
    .option(
      '--store <file>',
      'file that tables are kept in (default: one in your folder of application data)',
    )
    .option('--json', 'print JSON')
    .action(async (options: CalibrateCommandOptions, command: Command) => {
      const { calibrate } = await import('../calibrate.ts')
      await calibrate(options, sentence => command.error(`error: ${sentence}`))
    })
}

function seconds(text: string): number {
  const parsed = parseDuration(text, { defaultUnit: 's' })
  if (!parsed.ok) throw new InvalidArgumentError(`${parsed.message}.`)
  const value = parsed.ns / 1e9
  if (value < 1 || value > 3600) throw new InvalidArgumentError('Allowed are 1 s to 1 h.')
  return value
}

function share(text: string): number {
  const [, number = '', percent] = /^([\d.]+)\s*(%)?$/.exec(text.trim()) ?? []
  const value = Number(number) / (percent === undefined ? 1 : 100)
  if (number === '' || !(value > 0 && value <= 0.9))
    throw new InvalidArgumentError('Allowed is a share above 0 and up to 0.9, as in 0.25 or 25 %.')
  return value
}
