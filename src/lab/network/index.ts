// The data centre's network: the site's own addresses (VIPs, node IPs, Pod IPs, names) over listeners on loopback.
// Knows bindings, load balancing, names and pulled cables; opens nothing but the proxy's own port.
// Several sites are joined by links that can be slow, silent or down.
// Everything outside reaches the lab through the proxy, with the addresses that it would use on a real site.
export * from './lab-network.ts';
export * from './loopback.ts';
export * from './proxy.ts';
export * from './wan-link.ts';
export * from './wide-area.ts';
