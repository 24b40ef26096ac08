/**
 * Certificates for the lab's servers and their users: authorities, server and client certificates, key pairs for tokens.
 * Elliptic curve keys, since a data centre makes some dozens of them at start.
 */
export * from './certificate-authority.ts';
