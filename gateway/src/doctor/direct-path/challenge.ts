/**
 * What the operator's doctor asks a probe, and how it knows its own question again: the challenge is sealed with a key of the
 * data folder. It proves that the answer is to this question, and fresh. It cannot prove where the probe ran: that is the word
 * of whoever ran it, and the answer says from which machine it came.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DoctorError } from '../errors.ts';

const PREFIX = 'sp1';
const MAX_AGE_MS = 24 * 3_600_000;
const KEY_BYTES = 32;

/** What a probe has to look at. */
export interface ProbeQuestion {
  /** URLs of what must not be reachable. */
  readonly targets: readonly string[];
  /** `host:port` of the gateway: one must be reachable, or the probe proves nothing. */
  readonly controls: readonly string[];
}

const questionSchema = z.strictObject({
  nonce: z.string().max(64),
  atMs: z.number(),
  targets: z.array(z.string().max(2048)).min(1).max(1000),
  controls: z.array(z.string().max(300)).max(100),
});

/** Makes a challenge. */
export async function makeChallenge(
  dataDir: string,
  question: ProbeQuestion,
  nowMs: number,
): Promise<string> {
  const { targets, controls } = question;
  const body = { nonce: randomBytes(12).toString('base64url'), atMs: nowMs, targets, controls };
  const text = Buffer.from(JSON.stringify(body)).toString('base64url');
  return `${PREFIX}.${text}.${seal(await sealingKey(dataDir), text)}`;
}

/** What a challenge asks. @throws DoctorError `ERR_DOCTOR_CHALLENGE` */
export function readChallenge(challenge: string): ProbeQuestion & { readonly atMs: number } {
  const [prefix, text = ''] = challenge.trim().split('.');
  if (prefix === PREFIX) {
    try {
      return questionSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
    } catch {
      // Told below.
    }
  }
  throw new DoctorError(
    'ERR_DOCTOR_CHALLENGE',
    'this is no challenge of `sallyport doctor`; copy the whole line',
  );
}

/** Why an answer to this challenge proves nothing; undefined when it is ours, and fresh. */
export async function challengeProblem(
  dataDir: string,
  challenge: string,
  nowMs: number,
): Promise<string | undefined> {
  const [, text = '', given = ''] = challenge.trim().split('.');
  const expected = seal(await sealingKey(dataDir), text);
  const isOurs =
    given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected));
  if (!isOurs) return 'it answers a challenge that this gateway did not make';
  const age = nowMs - readChallenge(challenge).atMs;
  if (age > MAX_AGE_MS || age < -MAX_AGE_MS) return 'it answers a challenge of another day';
  return undefined;
}

function seal(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('base64url');
}

/** Made at first use, mode 0600. */
async function sealingKey(dataDir: string): Promise<Buffer> {
  const file = join(dataDir, 'doctor.key');
  try {
    await writeFile(file, randomBytes(KEY_BYTES), { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'))
      throw cannotKeep(file, cause);
  }
  const key = await readFile(file);
  if (key.length !== KEY_BYTES) throw cannotKeep(file, new Error(`it is not ${KEY_BYTES} bytes long`));
  return key;
}

function cannotKeep(file: string, cause: unknown): DoctorError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DoctorError('ERR_DOCTOR_KEY', `the key ${file} cannot be used: ${reason}`);
}
