/** Targets as folders of files on a machine: `rows` holds what there is to read, `stored` what features write. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { EVERY_TARGET, type Target } from '../driver.ts';
import { rowsOf } from '../rows.ts';

/** The files of all targets, below one folder. */
export class TargetFiles implements Disposable {
  readonly root: string;

  /** @param folder that the login of the machine may write in */
  constructor(folder: string) {
    this.root = path.join(folder, 'targets');
    mkdirSync(this.root);
    for (const target of EVERY_TARGET) {
      mkdirSync(path.join(this.root, target));
      chmodSync(path.join(this.root, target), 0o777);
      const file = this.of(target);
      // Whoever reads it waits for somebody who writes, and nobody does.
      if (target === 'slow') execFileSync('mkfifo', ['-m', '666', file]);
      else
        writeFileSync(
          file,
          rowsOf(target)
            .map(({ id, label, word }) => `${id} ${label} ${word}\n`)
            .join(''),
        );
    }
  }

  /** The file that holds the rows of a target. */
  of(target: Target): string {
    return path.join(this.root, target, 'rows');
  }

  /** The file that rows of a target are stored in. */
  storeOf(target: Target): string {
    return path.join(this.root, target, 'stored');
  }

  /** How many rows are stored; they are taken away. */
  takeStored(target: Target): number {
    try {
      const stored = readFileSync(this.storeOf(target), 'utf8').split('\n').length - 1;
      rmSync(this.storeOf(target));
      return stored;
    } catch {
      return 0;
    }
  }

  /** Lets go who still waits. */
  [Symbol.dispose](): void {
    try {
      closeSync(openSync(this.of('slow'), constants.O_WRONLY | constants.O_NONBLOCK));
    } catch {
      // Nobody does.
    }
  }
}
