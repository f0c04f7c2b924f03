/** Where a path leads on the machine: dot segments and links resolved step by step, by looks that follow no link. */

/** What stands at a path. */
export interface Look {
  /** `missing`: nothing, or nothing that the account may see. */
  readonly kind: 'file' | 'folder' | 'link' | 'special' | 'missing';
  /** Bytes, where the machine tells. */
  readonly size?: number | undefined;
}

/** How it is found out. Each rejects where the machine gives no clear answer. */
export interface Looking {
  /** Looks at a path without following a link at its end. */
  look(path: string): Promise<Look>;
  /** What a link says. */
  readLink(path: string): Promise<string>;
}

/** A path that was resolved. */
export interface Place extends Look {
  /** As it was asked for, absolute, dot segments taken out by their letters. */
  readonly asked: string;
  /** Absolute, without links in it; the last part may be one where it was not to be followed. */
  readonly path: string;
}

/** It cannot be said where a path leads. What it says may be told. */
export class UnresolvedError extends Error {}

/** As many as Linux follows. */
const MOST_LINKS = 40;
/** Of one path, links included. */
const MOST_LOOKS = 1000;
const LONGEST_PATH = 4096;

/**
 * Resolves a path. `home` is the canonical folder of relative ones.
 * @param follow a link at the end is followed; one in front of a slash always is
 */
export async function resolvePath(
  text: string,
  { home, follow, looking }: { readonly home: string; readonly follow: boolean; readonly looking: Looking },
): Promise<Place> {
  const walk = new Walk(looking);
  const whole = text.startsWith('/') ? text : `${home}/${text}`;
  const asked = lexicalPath(whole);
  const mustFollow = follow || /\/\.{0,2}$|^\.{0,2}$/.test(text);
  const { path, look } = await walk.run(segmentsOf(whole), mustFollow);
  return { ...look, asked, path };
}

/** By its letters alone: without double slashes and dot segments. */
export function lexicalPath(path: string): string {
  const names: string[] = [];
  for (const segment of segmentsOf(path)) {
    if (segment === '..') names.pop();
    else names.push(segment);
  }
  return `/${names.join('/')}`;
}

function segmentsOf(path: string): readonly string[] {
  return path.split('/').filter((segment) => segment !== '' && segment !== '.');
}

const FOLDER: Look = { kind: 'folder' };
const MISSING: Look = { kind: 'missing' };

class Walk {
  readonly #looking: Looking;
  #looks = 0;
  #links = 0;

  constructor(looking: Looking) {
    this.#looking = looking;
  }

  async run(start: readonly string[], follow: boolean): Promise<{ path: string; look: Look }> {
    let done: readonly string[] = [];
    let left = start;
    let look = FOLDER;
    while (left.length > 0) {
      const up = left.indexOf('..');
      if (up === 0) {
        // What is done has no links in it: its parent is the one of its letters.
        done = done.slice(0, -1);
        look = FOLDER;
        left = left.slice(1);
        continue;
      }
      const run = up === -1 ? left : left.slice(0, up);
      const looks = await this.#lookAt(done, run);
      const stop = looks.findIndex(({ kind }, index) => kind !== 'folder' || index === run.length - 1);
      const found = looks[stop] ?? FOLDER;
      const at = [...done, ...run.slice(0, stop + 1)];
      const rest = left.slice(stop + 1);
      if (found.kind === 'link' && (follow || rest.length > 0)) {
        const target = await this.#follow(at);
        done = target.startsWith('/') ? [] : at.slice(0, -1);
        left = [...segmentsOf(target), ...rest];
        look = FOLDER;
        continue;
      }
      done = at;
      left = rest;
      // Nothing is below what is no folder. It is walked on by its letters: an answer must not tell what there is.
      look = found.kind !== 'folder' && rest.length > 0 ? MISSING : found;
    }
    return { path: pathOf(done), look };
  }

  /** All at once: each costs the machine little, and a round trip much. */
  #lookAt(done: readonly string[], run: readonly string[]): Promise<readonly Look[]> {
    this.#looks += run.length;
    if (this.#looks > MOST_LOOKS) throw new UnresolvedError('a path with too many parts');
    return Promise.all(
      run.map((_, index) => this.#looking.look(pathOf([...done, ...run.slice(0, index + 1)]))),
    );
  }

  async #follow(at: readonly string[]): Promise<string> {
    this.#links += 1;
    if (this.#links > MOST_LINKS) throw new UnresolvedError('a path with too many links');
    const target = await this.#looking.readLink(pathOf(at));
    if (target === '' || target.length > LONGEST_PATH) throw new UnresolvedError('a link that leads nowhere');
    return target;
  }
}

function pathOf(segments: readonly string[]): string {
  return `/${segments.join('/')}`;
}
