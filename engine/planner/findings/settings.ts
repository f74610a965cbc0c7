/** Findings about settings that do not do what they seem to do. */
import { kernelNamed } from '../../kernels/releases.ts'
import { finding, type FindingRule } from './rule.ts'

export const swappinessZero: FindingRule = {
  id: 'swappiness-zero',
  check: (run, { machine }) => {
    if (machine.swappiness !== 0 || machine.swap.length === 0) return []
    return [
      finding(
        'swappiness-zero',
        'note',
        null,
        {
          title: 'vm.swappiness 0 does not turn swap off',
          detail:
            'With 0 anonymous memory is left alone until page cache runs out; then it is swapped all the same.',
          fix: 'swapoff, memory.swap.max=0 for a group, or lock what must stay.',
        },
        { swapOutBytes: run.host.swapOutBytes },
      ),
    ]
  },
}

/** Strategies that lock on fault need mlock2() or MCL_ONFAULT. */
const ON_FAULT = /on-?fault/i

export const onFaultTooOld: FindingRule = {
  id: 'on-fault-too-old',
  check: (_, { kernel, workloads }) => {
    const release = kernelNamed(kernel.name)?.release ?? '999'
    const [major = 0, minor = 0] = release.split('.').map(Number)
    const has =
      (major > 4 || (major === 4 && minor >= 4) || kernel.plus.includes('mlock2')) &&
      !kernel.minus.includes('mlock2')
    if (has) return []
    return workloads
      .filter(({ strategy, strategyParams }) =>
        [
          strategy,
          ...Object.entries(strategyParams).flatMap(([id, value]) =>
            value === true ? [id] : [String(value)],
          ),
        ].some(text => ON_FAULT.test(text)),
      )
      .map(({ name }) =>
        finding('on-fault-too-old', 'error', name, {
          title: `${name}: lock on fault is not there before Linux 4.4`,
          detail: 'mlock2() is ENOSYS and MCL_ONFAULT is EINVAL on an older kernel.',
          fix: 'Run Linux 4.4 or later, or lock in full.',
        }),
      )
  },
}
