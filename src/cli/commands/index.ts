import type { RegisterCommand } from '../program.ts';

/** Every command, in the order in which --help lists them. */
export const commands: readonly RegisterCommand[] = [];
