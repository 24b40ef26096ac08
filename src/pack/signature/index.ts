// Signatures of packages: over index.json, which names everything else by digest. Any openssl checks them.
export { checkSignature, readPublicKey, signIndex, type PublicKey, type Signed } from './signature.ts';
