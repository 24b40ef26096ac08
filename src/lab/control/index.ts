// A lab as a process of its own: one for each home folder, found through lab.json, spoken to over a unix socket, gone by
// itself when nobody uses it. Both sides are here: the process that serves and the client that starts and asks it.
export * from './lab-client.ts';
export { etcdConnection, type LabEtcd } from './lab-etcd.ts';
export * from './lab-home.ts';
export * from './lab-status.ts';
export * from './serve-lab.ts';
export * from './start-lab.ts';
