import type { Command } from 'commander';
import type { App } from '../app.ts';
import { registerPackBuild } from './pack-build.ts';
import { registerPackDiff } from './pack-diff.ts';
import { registerPackInspect } from './pack-inspect.ts';
import { registerPackList } from './pack-list.ts';
import { registerPackPush } from './pack-push.ts';
import { registerPackVerify } from './pack-verify.ts';

/** `pack`: what is done with a package file and a registry by hand. */
export function registerPack(program: Command, app: App): void {
  const pack = program
    .command('pack')
    .description('Make packages, look into them, check them, push them into a registry');
  registerPackBuild(pack, app);
  registerPackInspect(pack, app);
  registerPackVerify(pack, app);
  registerPackDiff(pack, app);
  registerPackPush(pack, app);
  registerPackList(pack, app);
}
