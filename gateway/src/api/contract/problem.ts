import { z } from 'zod';

/** Why a request was refused (RFC 9457), with a stable `code`. */
export interface Problem {
  /** `urn:sallyport:error:` and the code. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** One of the codes in docs/errors.md. */
  readonly code: string;
  /** What to do about it. */
  readonly detail: string;
  /** What is wrong with single parts of the request. */
  readonly issues?: readonly { readonly at: string; readonly message: string }[] | undefined;
}

/** Body of every answer that is not a success. */
export const problemSchema: z.ZodType<Problem> = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string().describe('stable; the codes are listed in docs/errors.md'),
    detail: z.string(),
    issues: z.array(z.object({ at: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'Why a request was refused (RFC 9457).' });
