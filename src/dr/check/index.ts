// Whether two site files are a pair, and whether what runs is what they say. Looks only; shows no secret.
export { EXPIRY_WARNING_MS, expiryText } from './certificate.ts';
export { checkLive, type LiveCheck, type LiveSide } from './check-live.ts';
export { checkPair } from './check-pair.ts';
export { drPorts, portTable, type PortRow } from './ports.ts';
export { probePort, type PortProbe } from './probe-port.ts';
