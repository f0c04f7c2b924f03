/** A recorded desktop as a video, made by ffmpeg, which gets its pictures one after the other. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { CliError } from '../errors.ts';
import { readRecording } from '../recording-source.ts';
import { DesktopReader } from './desktop-reader.ts';
import { type DesktopExportOptions, outputOf } from './export-desktop.ts';

/** What is told of ffmpeg's own words. */
const MOST_WORDS = 2_000;
/** A recording has at most so many pictures, whatever its times say. */
const MOST_PICTURES = 1_000_000;

/** @param fps pictures a second of the video @param speed how many times as fast as it was. Answers what is missing. */
export async function exportVideo(
  session: string,
  options: DesktopExportOptions,
  { fps, speed }: { readonly fps: number; readonly speed: number },
): Promise<string> {
  const file = outputOf(options);
  const reader = new DesktopReader();
  let video: Video | undefined;
  let pictures = 0;
  const stepMs = (1000 / fps) * speed;
  /** Pictures of all moments before this. */
  const until = async (ms: number): Promise<void> => {
    if (pictures * stepMs >= ms) return;
    const { screen } = reader.drawn();
    for (; pictures * stepMs < ms; pictures += 1) {
      if (screen === undefined) continue;
      if (pictures >= MOST_PICTURES)
        throw new CliError('ERR_CLI_USAGE', 'the video would be too long: raise `--speed`');
      video ??= new Video(file, fps, screen);
      await video.write(screen);
    }
  };
  try {
    for await (const entry of readRecording(session, {}, options)) {
      if (entry.type === 'alive') continue;
      // A block holds a twentieth of a second: less than a picture stands.
      await until(entry.ms);
      reader.take(entry);
    }
    await until(reader.lastMs + stepMs);
  } finally {
    await video?.end();
  }
  if (video === undefined) throw new CliError('ERR_CLI_USAGE', 'the desktop showed nothing');
  return reader.missing;
}

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
}

/** One video under way. Its size is that of the first picture; others are cut, or stand on black. */
class Video {
  readonly #program: ChildProcess;
  readonly #ended: Promise<number | null>;
  readonly #width: number;
  readonly #height: number;
  #words = '';
  #failed: Error | undefined;

  constructor(file: string, fps: number, { width, height }: Picture) {
    this.#width = width;
    this.#height = height;
    // Encoders want even sides.
    const even = 'pad=ceil(iw/2)*2:ceil(ih/2)*2,format=yuv420p';
    const input = [
      '-f',
      'rawvideo',
      '-pix_fmt',
      'rgba',
      '-s',
      `${width}x${height}`,
      '-r',
      String(fps),
      '-i',
      'pipe:0',
    ];
    this.#program = spawn('ffmpeg', ['-loglevel', 'error', '-y', ...input, '-vf', even, `file:${file}`], {
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    this.#program.stderr?.on('data', (text: Buffer) => {
      this.#words = (this.#words + text.toString()).slice(-MOST_WORDS);
    });
    this.#program.stdin?.on('error', () => undefined);
    const ended = Promise.withResolvers<number | null>();
    this.#ended = ended.promise;
    this.#program.on('close', ended.resolve);
    this.#program.on('error', (error) => {
      this.#failed = error;
      ended.resolve(null);
    });
  }

  async write(picture: Picture): Promise<void> {
    const { stdin } = this.#program;
    if (this.#failed !== undefined || stdin === null || stdin.destroyed) return;
    if (!stdin.write(this.#fitted(picture))) await Promise.race([once(stdin, 'drain'), this.#ended]);
  }

  /** @throws CliError where ffmpeg is missing, or failed */
  async end(): Promise<void> {
    this.#program.stdin?.end();
    const code = await this.#ended;
    if (code === 0) return;
    const cause = this.#failed === undefined ? this.#words.trim() : 'ffmpeg cannot be started: install it';
    throw new CliError(
      'ERR_CLI_VIDEO',
      `no video was made: ${cause}; \`--format png\` needs no other program`,
    );
  }

  #fitted({ width, height, rgba }: Picture): Uint8Array {
    const rows = new Uint8Array(this.#width * this.#height * 4);
    const count = Math.min(width, this.#width) * 4;
    for (let y = 0; y < Math.min(height, this.#height); y += 1)
      rows.set(rgba.subarray(y * width * 4, y * width * 4 + count), y * this.#width * 4);
    return rows;
  }
}
