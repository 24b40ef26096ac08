import type { Command } from 'commander';
import type { App, OutputFormat } from '../app.ts';
import { outputFlag } from '../options.ts';
import { registryAccess, registryFlags, type RegistryFlags } from '../registry-flags.ts';

/** `pack list`: what a registry holds. */
export function registerPackList(pack: Command, app: App): void {
  registryFlags(pack.command('list').description('List what a registry holds; digests and sizes with -o json'))
    .addOption(outputFlag())
    .addHelpText('after', '\nExamples:\n  globalctl pack list -r 127.0.0.1:11443')
    .action(async (flags: RegistryFlags & { output: OutputFormat }) => {
      const { listContents, listNames, RegistryClient } = await import('../../pack/index.ts');
      const client = new RegistryClient(await registryAccess(app, flags));
      try {
        if (flags.output === 'json') return app.print(JSON.stringify(await listContents(client, app.signal), null, 2));
        const names = await listNames(client, app.signal);
        app.print(names.map(({ repository, tag }) => `${repository}:${tag}`).join('\n'));
      } finally {
        await client.close();
      }
    });
}
