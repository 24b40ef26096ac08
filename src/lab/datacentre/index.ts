// A site's data centre in one process: network and proxy, the IaaS, the bootstrap host with its registry, the clusters.
// It holds what the site's owner has before the guide begins, and lets the guide's steps make the rest.
export * from './bootstrap-host.ts';
export * from './data-centre.ts';
export * from './lab-sites.ts';
