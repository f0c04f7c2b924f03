/** What a container has on its disk, as a folder: the image, and the volumes that are mounted for its service. */
import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { DEPLOY, ROOT, type Service } from './compose-file.ts';

/** What of the checkout the image has; the Dockerfile says so, and a test holds it to that. */
export const IMAGE_CONTENT = ['package.json', 'node_modules', 'gateway', 'console', 'examples'] as const;

/** The working directory of the image. */
const WORKDIR = '/app';

/** A mount of a service. */
export interface Mount {
  /** A named volume, or undefined for a part of the checkout. */
  readonly volume?: string;
  /** Absolute, of a part of the checkout. */
  readonly source?: string;
  /** Relative to the working directory. */
  readonly target: string;
}

/** The mounts of a service, outer ones first. */
export function mountsOf({ volumes = [] }: Service): readonly Mount[] {
  const mounts = volumes.map((text): Mount => {
    const [from = '', to = ''] = text.split(':');
    const target = path.posix.relative(WORKDIR, to);
    return from.startsWith('.') ? { source: path.join(DEPLOY, from), target } : { volume: from, target };
  });
  return mounts.toSorted((one, other) => one.target.length - other.target.length);
}

/** Makes the folder `at`; what services share is in `volumes`. */
export async function makeServiceFolder(service: Service, at: string, volumes: string): Promise<void> {
  await mkdir(at, { recursive: true });
  for (const name of IMAGE_CONTENT) await symlink(path.join(ROOT, name), path.join(at, name));
  for (const { volume, source, target } of mountsOf(service)) {
    const place = source ?? path.join(volumes, volume ?? '');
    if (source === undefined) await mkdir(place, { recursive: true });
    await mkdir(path.dirname(path.join(at, target)), { recursive: true });
    await symlink(place, path.join(at, target));
  }
}
