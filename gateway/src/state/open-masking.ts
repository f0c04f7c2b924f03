/** What masks work with: detectors, and the keys of pseudonyms, from the config or made at the first start. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { CredentialConfig } from '../credentials/config.ts';
import { createCredentialSource } from '../credentials/credential-source.ts';
import { writeFileDurably } from '../listener/private-files.ts';
import type { MaskingConfig } from '../masking/config.ts';
import { DetectorSet } from '../masking/detector-set.ts';
import type { MaskTools } from '../masking/mask-tools.ts';
import { ValueDigests } from '../masking/replace/digest.ts';
import { IssuedPseudonyms } from '../masking/replace/issued-pseudonyms.ts';
import { MaskingKeys } from '../masking/replace/masking-keys.ts';
import { Pseudonyms } from '../masking/replace/pseudonyms.ts';
import type { Log } from '../telemetry/log.ts';
import { keyFileIn } from './key-file.ts';

/** Masking of a gateway. */
export interface OpenMasking {
  readonly detectors: DetectorSet;
  /** Tools of a resource: pseudonyms of one say nothing of those of another. */
  toolsFor(resource: string): MaskTools;
}

/** Longest wait for the secret of a key, in milliseconds. */
const READ_MS = 10_000;

/**
 * Reads the keys that the config names. Where it names none, one is made in the data folder (`masking/key`, mode 0600):
 * lose it, and values get other pseudonyms.
 * @throws MaskingError, CredentialError
 */
export async function openMasking(
  plan: MaskingConfig<CredentialConfig>,
  services: { readonly dataDir: string; readonly log: Log },
): Promise<OpenMasking> {
  const { phoneRegion, patterns } = plan;
  const detectors = new DetectorSet({ patterns, ...(phoneRegion === undefined ? {} : { phoneRegion }) });
  const keys = new MaskingKeys(
    plan.keys.length === 0
      ? [{ id: 'local', bytes: await localKey(services.dataDir) }]
      : await Promise.all(plan.keys.map(({ id, from }) => readKey(id, from, services.log))),
  );
  const tools = new Map<string, MaskTools>();
  return {
    detectors,
    toolsFor(resource) {
      const known = tools.get(resource) ?? {
        detectors,
        pseudonyms: new Pseudonyms(keys, resource),
        digests: new ValueDigests(keys, resource),
        issued: new IssuedPseudonyms(),
      };
      tools.set(resource, known);
      return known;
    },
  };
}

async function readKey(
  id: string,
  from: CredentialConfig,
  log: Log,
): Promise<{ readonly id: string; readonly bytes: Uint8Array }> {
  const onWarning = (reason: string): void => log.warn('masking key', { id, reason });
  const secret = await createCredentialSource(from, { onWarning }).read(AbortSignal.timeout(READ_MS));
  return { id, bytes: Buffer.from(secret.reveal(), 'utf8') };
}

async function localKey(dataDir: string): Promise<Uint8Array> {
  const file = keyFileIn(join(dataDir, 'masking'));
  const known = await file.read();
  if (known !== undefined) return Buffer.from(known, 'hex');
  const key = randomBytes(32);
  await writeFileDurably(await file.path(), `${key.toString('hex')}\n`, 0o600);
  return key;
}
