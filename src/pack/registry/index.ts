// A client of the OCI distribution API: how a registry is reached, requests with login, redirects and typed errors, uploads step
// by step; and what is done with it from registry to registry.
export { proxyFromEnvironment, type RegistryAccess } from './access.ts';
export { isWorthAnotherAttempt } from './another-attempt.ts';
export { fetchChart, RegistryClient, type PulledChart } from './client.ts';
export { copyRepositories, type CopyOptions, type CopyResult } from './copy.ts';
export { pullChart } from './pull-chart.ts';
export { pushArtifact } from './push-artifact.ts';
export { RegistryError } from './registry-error.ts';
