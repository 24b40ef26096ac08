// Kubernetes as this project sees it: object shapes, resource names, kubeconfigs, a client for any object of any API
// server (server-side apply, list and watch), informers, waits that are watches, and a small controller framework.
export * from './api-error.ts';
export * from './client.ts';
export * from './controller.ts';
export * from './counterpart.ts';
export * from './global-ownership.ts';
export * from './http-client.ts';
export * from './informer.ts';
export * from './kubeconfig.ts';
export * from './lease-election.ts';
export * from './object.ts';
export * from './resource.ts';
export * from './url.ts';
export * from './watch-until.ts';
