/** limits.d: the limit of locked memory for who logs in. Read back by `formats/import/limits-d.ts`. */
import { formatBytesFor } from '../../../engine/quantity.ts'
import { quoted } from '../../safe-text.ts'
import { USUAL_MEMLOCK_BYTES, type ConfigProcess } from './facts.ts'
import { labelsOf } from './names.ts'
import { fileOf, line, Traps, type ConfigTarget } from './target.ts'

const CONF = 'limits.conf(5)'
const needs = ({ memlockBytes }: ConfigProcess): boolean => memlockBytes !== USUAL_MEMLOCK_BYTES

export const limitsD: ConfigTarget = {
  id: 'limits-d',
  title: 'limits.d',
  help: 'Limits of users who log in and start programs themselves; never of services.',
  appliesTo: ({ processes }) => processes.some(needs),
  write: ({ processes }) => {
    const traps = new Traps()
    const own = processes.filter(needs)
    const labels = labelsOf(
      own.map(({ name }) => name),
      31,
    )
    const rows = own.flatMap(({ name, memlockBytes }) => {
      const user = labels.get(name) ?? null
      if (user === null || /^\d/.test(user)) {
        traps.refuse(
          name,
          'name-of-a-user',
          `No user can be called like ${quoted(name)}: letters, digits and dashes, a letter first.`,
          'Call the workload as the user that runs it.',
          'useradd(8)',
        )
        return []
      }
      traps.note(
        name,
        'name-is-the-user',
        `The user is taken to be called ${quoted(user)}, after the workload.`,
        'Put in the user that starts it.',
        CONF,
      )
      return [
        line(
          `${user} - memlock ${formatBytesFor(memlockBytes, 'limits.conf')}`,
          `Soft and hard limit of ${quoted(name)}, in KiB, rounded up`,
          `R2; ${CONF}`,
        ),
      ]
    })
    traps.warn(
      null,
      'not-for-services',
      'limits.d is for logins through pam_limits: a service keeps the limit of systemd.',
      'Use the systemd drop-in for services.',
      'systemd.exec(5)',
    )
    traps.warn(
      null,
      'new-login',
      'It counts for new logins only, and * does not cover root.',
      'Log in again; write a line for root where root is meant.',
      CONF,
    )
    const path = '/etc/security/limits.d/90-memlock.conf'
    const file = fileOf({
      path,
      title: 'Limits of users',
      workload: null,
      lines: rows,
      apply: ['# log out and in again'],
      verify: rows.map(({ text }) => {
        const [user = '', , , kib = ''] = text.split(' ')
        return { command: `su - ${user} -c 'ulimit -l'`, expect: kib }
      }),
      undo: [`rm ${path}`],
    })
    return { files: rows.length === 0 ? [] : [file], traps: traps.list() }
  },
}
