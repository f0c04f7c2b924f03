import type { MaskingConfig } from './config.ts';
import { DetectorSet } from './detector-set.ts';

/** Names that `detect:` of a policy may use, with the own patterns of a config file. @throws MaskingError for a bad pattern */
export function detectorNames(patterns: MaskingConfig<unknown>['patterns'] = []): readonly string[] {
  return new DetectorSet({ patterns }).names;
}
