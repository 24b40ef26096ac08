import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { GlobalctlError } from '../../base/index.ts';
import { digestOf } from '../oci/descriptor.ts';

/** A public key that signatures can be checked with, and what it is called in a package. */
export interface PublicKey {
  readonly key: KeyObject;
  /** sha256 of the key's SubjectPublicKeyInfo in DER: `openssl pkey -pubin -in KEY -outform DER | sha256sum`. */
  readonly digest: string;
}

export interface Signed {
  readonly index: Uint8Array | undefined;
  readonly signature: Uint8Array | undefined;
  /** The key that index.json says it was signed with. */
  readonly signer: string | undefined;
}

/** The keys that are taken: Ed25519, and ECDSA over P-256 with SHA-256. */
const EXPECTED = 'a key for Ed25519, or for ECDSA on the curve P-256, in PEM';

function refused(
  subject: string,
  message: string,
  more: { expected?: string; found?: string; hint?: string } = {},
): GlobalctlError {
  return new GlobalctlError('PACKAGE_SIGNATURE', { message: `${subject}: ${message}`, subject, ...more });
}

function parseKey(pem: string, where: string, parse: (pem: string) => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = parse(pem);
  } catch {
    // What the library says may repeat the file, which may be a private key.
    throw refused(where, 'cannot be read as a key', {
      expected: EXPECTED,
      hint: 'Make a pair: openssl genpkey -algorithm ed25519 -out KEY && openssl pkey -in KEY -pubout -out KEY.pub',
    });
  }
  const type = key.asymmetricKeyType ?? 'unknown';
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (type !== 'ed25519' && !(type === 'ec' && curve === 'prime256v1'))
    throw refused(where, 'a key of a kind that packages are not signed with', {
      expected: EXPECTED,
      found: curve === undefined ? type : `${type} on ${curve}`,
    });
  return key;
}

function publicKeyOf(key: KeyObject): PublicKey {
  return { key, digest: digestOf(key.export({ type: 'spki', format: 'der' })) };
}

/** The public key in a PEM text (also of a certificate). `where` names the file in errors. Throws PACKAGE_SIGNATURE. */
export function readPublicKey(pem: string, where: string): PublicKey {
  return publicKeyOf(parseKey(pem, where, createPublicKey));
}

/**
 * Prepares signing with a private key in PEM: who signs is part of what is signed, so it is known before. Signatures by Ed25519
 * are the same every time, those by ECDSA are not. Throws PACKAGE_SIGNATURE.
 */
export function signIndex(pem: string, where: string): { readonly signer: string; sign(index: Uint8Array): Buffer } {
  const key = parseKey(pem, where, createPrivateKey);
  return {
    signer: publicKeyOf(createPublicKey(key)).digest,
    sign: (index) => sign(algorithmOf(key), index, key),
  };
}

/** Ed25519 hashes by itself; ECDSA signatures are in DER, as openssl writes and reads them. */
function algorithmOf(key: KeyObject): string | null {
  return key.asymmetricKeyType === 'ec' ? 'sha256' : null;
}

/** Throws PACKAGE_SIGNATURE unless index.json is signed, by this key, and as it stands. */
export function checkSignature(signed: Signed, key: PublicKey, where: string): void {
  if (!signed.index || !signed.signature)
    throw refused(where, 'the package is not signed', {
      expected: `a signature by the key ${key.digest}`,
      found: signed.signer === undefined ? 'none' : `none, though it says that the key ${signed.signer} signed it`,
    });
  if (verify(algorithmOf(key.key), signed.index, key.key, signed.signature)) return;
  const other = signed.signer !== undefined && signed.signer !== key.digest;
  throw refused(where, other ? 'the package is signed by another key' : 'the signature does not fit the package', {
    expected: `a signature by the key ${key.digest}`,
    found: other ? `one by ${signed.signer ?? ''}` : 'index.json or its signature was changed after signing',
  });
}
