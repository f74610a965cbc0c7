import type { Command } from 'commander'
import type { ImportOptions } from '../import-files.ts'

/** `holdfast import`: what other programs wrote, as one plan. */
export function registerImport(program: Command): void {
  program
    .command('import')
    .description(
      'Make a plan of what other programs wrote: libvirt, QEMU, /proc, GGUF, systemd, Kubernetes and more',
    )
    .argument('[files...]', 'recognised by what is in them; several become one plan; - is standard input')
    .option('--name <name>', 'name of the plan')
    .option('--out <file>', 'write the plan there instead of printing it')
    .option('--json', 'print everything that was found, notes included')
    .option('--snippet', 'print what collects that on a host: shell text to run there, which only reads')
    .action(async (files: readonly string[], options: ImportOptions, command: Command) => {
      if (options.snippet === true) {
        const { HOST_BUNDLE_SNIPPET } = await import('../../formats/import/host-bundle-snippet.ts')
        process.stdout.write(HOST_BUNDLE_SNIPPET)
        return
      }
      if (files.length === 0)
        command.error('error: name a file to import; - is standard input. For a host: --snippet')
      const { importFiles } = await import('../import-files.ts')
      importFiles(files, options, sentence => command.error(`error: ${sentence}`))
    })
}
