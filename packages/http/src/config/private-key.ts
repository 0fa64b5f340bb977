import { createPrivateKey, type KeyObject } from 'node:crypto';

/**
 * A service's Ed25519 key from its configuration: a PKCS #8 PEM (line breaks may be written as `\n`), or base64
 * of the PEM or of the DER.
 * @throws Error that says nothing of the text, where it is no such key.
 */
export function parsePrivateKey(text: string): KeyObject {
  const key = read(text.trim().replaceAll('\\n', '\n'));
  if (key?.asymmetricKeyType !== 'ed25519') throw new Error('not an Ed25519 private key in PKCS #8');
  return key;
}

function read(text: string): KeyObject | undefined {
  const pemOf = (candidate: string) => (candidate.startsWith('-----BEGIN') ? candidate : undefined);
  const bytes = Buffer.from(text, 'base64');
  const pem = pemOf(text) ?? pemOf(bytes.toString('latin1'));
  try {
    return pem
      ? createPrivateKey({ key: pem, format: 'pem' })
      : createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' });
  } catch {
    // OpenSSL's message is about its decoder; the caller says what was expected instead.
    return undefined;
  }
}
