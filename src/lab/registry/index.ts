// The lab's container registry: the OCI distribution API over a folder, as the embedded registry of the bootstrap cluster
// and the platform registry of a rehearsed one. It knows nothing of the rest of the lab; skopeo and helm work against it.
export { startRegistry, type Registry, type RegistryOptions } from './server.ts';
