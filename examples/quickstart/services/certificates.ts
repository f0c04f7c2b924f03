/**
 * Makes an authority for each server that is named, in `run/certificates/NAME`, and puts its certificate where clients find it, in
 * `run/trust/NAME.crt`. The server makes its own certificate from it. Run again, it changes nothing that is good.
 */
import { copyFile, mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { certificateFromLocalCa } from '../../../gateway/src/listener/local-ca.ts';
import { serverFolder, TRUST_FOLDER } from './places.ts';

await mkdir(TRUST_FOLDER, { recursive: true });
for (const name of process.argv.slice(2)) {
  const directory = serverFolder(name);
  await certificateFromLocalCa({ directory, names: [name], clock: { nowMs: () => Date.now() } }).load();
  // In one step: who reads it meanwhile has the old one or the new one.
  const draft = path.join(TRUST_FOLDER, `.${name}`);
  await copyFile(path.join(directory, 'ca.crt'), draft);
  await rename(draft, path.join(TRUST_FOLDER, `${name}.crt`));
  console.log(`${name}: clients trust ${TRUST_FOLDER}/${name}.crt`);
}
