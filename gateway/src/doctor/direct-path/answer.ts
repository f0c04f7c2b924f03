import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import type { ReachVerdict } from '../../model/check-result.ts';
import { DoctorError } from '../errors.ts';

/** What a probe found, as it prints it. */
export interface ProbeAnswer {
  readonly sallyport: 'probe-1';
  readonly challenge: string;
  readonly at: string;
  /** Where it says that it ran. */
  readonly place: { readonly host: string; readonly addresses: readonly string[] };
  readonly targets: readonly {
    readonly target: string;
    readonly verdict: ReachVerdict;
    readonly detail: string;
  }[];
  readonly controls: readonly {
    readonly address: string;
    readonly reached: boolean;
    readonly detail: string;
  }[];
}

const MAX_BYTES = 4 * 1024 * 1024;

const answerSchema: z.ZodType<ProbeAnswer> = z.strictObject({
  sallyport: z.literal('probe-1'),
  challenge: z.string().max(MAX_BYTES),
  at: z.iso.datetime(),
  place: z.strictObject({ host: z.string().max(300), addresses: z.array(z.string().max(100)).max(1000) }),
  targets: z
    .array(
      z.strictObject({
        target: z.string().max(2048),
        verdict: z.enum(['open', 'refused', 'closed', 'filtered', 'unresolved']),
        detail: z.string().max(1000),
      }),
    )
    .max(1000),
  controls: z
    .array(
      z.strictObject({ address: z.string().max(300), reached: z.boolean(), detail: z.string().max(1000) }),
    )
    .max(100),
});

/** Reads the file that a probe's output was put in. @throws DoctorError `ERR_DOCTOR_ANSWER` */
export async function readAnswer(file: string): Promise<ProbeAnswer> {
  try {
    if ((await stat(file)).size > MAX_BYTES) throw new Error('it is too large');
    return answerSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? 'it is not what `--probe` prints' : String(cause);
    throw new DoctorError('ERR_DOCTOR_ANSWER', `${file} is no answer of a probe: ${reason.slice(0, 200)}`);
  }
}
