// The infrastructure providers of the lab (DCS, vSphere, HCS) as ordinary controllers of the management cluster, and the
// simulated infrastructure below them. They enforce what the real ones enforce, with the same words.
export * from './admission.ts';
export * from './iaas/index.ts';
export * from './programs.ts';
