import { createKeyFiles } from '../../src/listener/key-files.ts';
import type { DoctorServices } from '../../src/protocols/protocol.ts';

/** What the doctor of a protocol works with. @param folder with keys of the gateway */
export function doctorServices(folder = '/nonexistent'): DoctorServices {
  return {
    clock: { nowMs: () => Date.now() },
    signal: AbortSignal.timeout(60_000),
    keyFiles: createKeyFiles(folder),
    names: [],
    findResource: () => undefined,
  };
}
