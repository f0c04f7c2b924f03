import { isAbsolute } from 'node:path';
import { z } from 'zod';

const KIB = 1024;
const MIB = 1024 * KIB;

/** The `recording` section of the config. */
export interface RecordingPlan {
  readonly enabled: boolean;
  /** Whether results are recorded, beside requests and decisions. */
  readonly results: boolean;
  /** Caps, in bytes. */
  readonly requestBytes: number;
  readonly resultBytes: number;
  readonly sessionBytes: number;
  /** What is recorded is in the file after this many milliseconds at the latest; 0 at the end of the turn. */
  readonly flushMs: number;
  /** Whether the device is waited for before the audit says what is on file. */
  readonly durability: 'synced' | 'written';
  readonly markSeconds: number;
  readonly retentionDays: number;
  /** Bounds on memory and descriptors. */
  readonly bufferBytes: number;
  readonly totalBufferBytes: number;
  readonly openFiles: number;
  /** How text in recorded pictures is read; absent: it is not. */
  readonly screenText?: ScreenTextPlan | undefined;
}

/** A program that reads text in pictures, and how often it is asked. */
export interface ScreenTextPlan {
  /** Program and arguments. */
  readonly command: readonly string[];
  /** One picture in so much time of a session, where it has changed. */
  readonly everySeconds: number;
  /** After this the program is killed. */
  readonly timeoutMs: number;
  /** Most pictures of one session. */
  readonly picturesPerSession: number;
}

const screenTextSchema: z.ZodType<ScreenTextPlan> = z
  .strictObject({
    command: z
      .array(z.string().max(4096))
      .min(1)
      .max(64)
      .refine(
        (argv) => argv[0] === undefined || isAbsolute(argv[0]),
        'name the program by its absolute path, so that PATH cannot decide what runs',
      )
      .describe('Program (absolute path) and arguments: a PNG in, text out; no shell is involved'),
    everySeconds: z.int().min(1).max(3600).default(10).describe('One picture in so much time of a session'),
    timeoutMs: z
      .int()
      .min(100)
      .max(600_000)
      .default(30_000)
      .describe('The program is killed after this time'),
    picturesPerSession: z.int().min(1).max(100_000).default(1000).describe('Most pictures of one session'),
  })
  .describe(
    'Reads the text in pictures of recorded desktops, once they are over, so that it can be searched',
  );

/** The section in `sallyport.yaml`. */
export const recordingSchema: z.ZodType<RecordingPlan> = z
  .strictObject({
    enabled: z.boolean().default(true),
    results: z
      .boolean()
      .default(true)
      .describe('Record results, as masked; requests and decisions are in any case'),
    requestBytes: z
      .int()
      .min(KIB)
      .max(MIB)
      .default(256 * KIB)
      .describe('Of one request; what is longer is cut'),
    resultBytes: z
      .int()
      .min(0)
      .max(1024 * 1024 * MIB)
      .default(8 * MIB)
      .describe('Of one exchange'),
    sessionBytes: z
      .int()
      .min(MIB)
      .max(1024 * 1024 * MIB)
      .default(1024 * MIB)
      .describe('Of one session'),
    flushMs: z.int().min(0).max(1000).default(20).describe('Longest wait before the file is written'),
    durability: z.enum(['synced', 'written']).default('synced').describe('At marks and at the end'),
    markSeconds: z
      .int()
      .min(1)
      .max(3600)
      .default(10)
      .describe('How often the audit is told the chain of a live recording'),
    retentionDays: z.int().min(1).max(36_500).default(90),
    bufferBytes: z
      .int()
      .min(64 * KIB)
      .max(64 * MIB)
      .default(MIB)
      .describe('Memory of one session'),
    totalBufferBytes: z
      .int()
      .min(MIB)
      .max(4096 * MIB)
      .default(128 * MIB)
      .describe('Memory of all sessions'),
    openFiles: z.int().min(8).max(100_000).default(256).describe('Descriptors held at once'),
    screenText: screenTextSchema.optional(),
  })
  .prefault({});

/** What holds where the file says nothing. */
export const DEFAULT_RECORDING: RecordingPlan = recordingSchema.parse({});
