// What must hold before a switch: both sides hold the same, every machine runs, nothing of global is taken for workload.
export { describeMachine, gatesText, machinesGate, prefixGate, requireOpen, syncGate, type DrGate } from './gates.ts';
export { readLive, type LiveMachine, type LiveView } from './live-machines.ts';
