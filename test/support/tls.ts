import { createPrivateKey } from 'node:crypto';

// A self-signed certificate for localhost and 127.0.0.1, valid until 2124. It guards nothing.
const CERTIFICATE =
  'MIIBZzCCAQ2gAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwIBcNMjQwMTAxMDAwMDAwWhgPMjEy' +
  'NDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMMCWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKF0+gy15yV5Nuca' +
  'UcmerIx6wGlnlc1lbXgEwcHM5Eu7tps/2UjDDFpv0gZD4uKVMfAXQedNoB/dQjsuIkmeZF6jTjBMMBoGA1UdEQQTMBGCCWxv' +
  'Y2FsaG9zdIcEfwAAATAPBgNVHRMBAf8EBTADAQH/MB0GA1UdDgQWBBTDrxDAQCBjgVYua94KWzL7uo4/7zAKBggqhkjOPQQD' +
  'AgNIADBFAiEAzxnaJqeUsdlqlU3DwWsmStQbKLaYfhQcGGF0JfHeTk0CID13Uwt0bzGGVlrURKiwC10y777wH40ZyclI/Phz' +
  '7XW8';
const KEY =
  'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgx29fIS2jfNfuWho+wd3g9yNafmpb/6Wp/c8DFHHpApahRANC' +
  'AAShdPoMtecleTbnGlHJnqyMesBpZ5XNZW14BMHBzORLu7abP9lIwwxab9IGQ+LilTHwF0HnTaAf3UI7LiJJnmRe';

/** What a TLS server of this machine presents; a client refuses it unless `cert` is its `ca`. */
export const tlsIdentity = {
  cert: `-----BEGIN CERTIFICATE-----\n${CERTIFICATE}\n-----END CERTIFICATE-----\n`,
  key: createPrivateKey({ key: Buffer.from(KEY, 'base64'), format: 'der', type: 'pkcs8' })
    .export({ type: 'pkcs8', format: 'pem' })
    .toString(),
};
