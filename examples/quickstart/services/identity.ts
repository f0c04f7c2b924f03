/** The OpenID provider, as a part of a deployment: by TLS, under a name, its clients' secrets each in a file of its own. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { certificateFromLocalCa } from '../../../gateway/src/listener/local-ca.ts';
import { startIdentityProvider } from '../identity/provider.ts';
import { clientSecretFile, serverFolder } from './places.ts';
import { untilStopped } from './until-stopped.ts';

/** Who gets a secret here; a client that no file is for cannot log in. */
const CLIENTS = ['agent-1', 'approver'] as const;

const {
  ISSUER: issuer = '',
  ISSUER_LISTEN: listen = '127.0.0.1',
  CONSOLE_URL: consoleUrl = '',
} = process.env;
const { hostname } = new URL(issuer);
const { certificatePem, keyPem } = await certificateFromLocalCa({
  directory: serverFolder('identity'),
  names: [hostname],
  clock: { nowMs: () => Date.now() },
}).load();
const provider = await startIdentityProvider({
  at: { issuer, listen, cert: certificatePem, key: keyPem },
});
provider.registerConsole(new URL('callback', consoleUrl).href);
for (const client of CLIENTS) {
  const file = clientSecretFile(client);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(`${file}.new`, provider.secretOf(client), { mode: 0o600 });
  await rename(`${file}.new`, file);
}
console.log(`OpenID provider ${issuer}; the console is ${consoleUrl}, and there sign in`);
for (const { login, password, groups } of provider.people) {
  console.log(`  ${login} with ${password} (${groups.join(', ')})`);
}
await untilStopped(new Promise(() => undefined));
await provider.stop();
