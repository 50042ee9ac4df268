import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { TestFolder } from './folder.ts';

/** A certificate for `localhost` that vouches for itself. */
export interface Certificate {
  readonly certPath: string;
  readonly keyPath: string;
  /** The text of the certificate, for those who are to trust it. */
  readonly ca: string;
}

/** Makes one with the `openssl` on the PATH; undefined where there is none. */
export async function makeCertificate(folder: TestFolder): Promise<Certificate | undefined> {
  const [certPath, keyPath] = [folder.path('cert.pem'), folder.path('key.pem')];
  const request = [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-keyout', keyPath, '-out', certPath, '-days', '2', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
  ];
  try {
    await promisify(execFile)('openssl', request);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  return { certPath, keyPath, ca: await readFile(certPath, 'utf8') };
}
