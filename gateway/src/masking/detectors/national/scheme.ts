import type { Detector } from '../../detect/detector.ts';
import type { DigitScheme } from '../../detect/digit-scheme.ts';

/** Makes a detector of an identity number that consists of digits. */
export function digitDetector({ name, ...scheme }: DigitScheme & { readonly name: string }): Detector {
  return { name, scheme };
}
