import type { PlannedProvider } from '../provider.ts';

/** Bare metal: the guide announces it and gives no procedure. */
export const baremetal: PlannedProvider = { status: 'planned', id: 'baremetal', title: 'Bare metal' };
