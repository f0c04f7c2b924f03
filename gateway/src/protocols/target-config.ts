/** What every protocol's resources say alike in the config file. */
import { z } from 'zod';

/** Host name (RFC 1035: at most 253 characters; `_` as service names have it) or IP address, without brackets and port. */
export const hostNameSchema: z.ZodString = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9_]([A-Za-z0-9_.:-]*[A-Za-z0-9_.])?$|^::1?$/, 'not a host name or IP address');

/** Path of a file, as the system takes it. */
export const filePathSchema: z.ZodString = z
  .string()
  .min(1)
  .max(4096)
  .refine((value) => !value.includes('\0'), 'holds a NUL character');
