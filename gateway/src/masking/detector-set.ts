import type { Detector } from './detect/detector.ts';
import { columnHints } from './detect/hints.ts';
import { type OwnPattern, ownPatternDetector } from './detect/own-pattern.ts';
import { Scanner } from './detect/scanner.ts';
import { apiKey } from './detectors/api-key.ts';
import { card } from './detectors/card.ts';
import { dateOfBirth } from './detectors/date-of-birth.ts';
import { email } from './detectors/email.ts';
import { iban } from './detectors/iban.ts';
import { ip } from './detectors/ip.ts';
import { jwt } from './detectors/jwt.ts';
import { mac } from './detectors/mac.ts';
import { nationalIds } from './detectors/national/index.ts';
import { phoneDetector } from './detectors/phone.ts';
import { privateKey } from './detectors/private-key.ts';
import { secret } from './detectors/secret.ts';
import { urlCredentials } from './detectors/url-credentials.ts';
import { MaskingError } from './errors.ts';

/** What scanners of one gateway have in common. */
export interface DetectorOptions {
  /** ISO 3166 code of the country whose national phone numbers are known; undefined: `+…` only. */
  readonly phoneRegion?: string;
  readonly patterns?: readonly OwnPattern[];
}

const NATIONAL_ID = 'national-id';

/** Detectors whose order matters where two find the same: the more telling one first. */
const BUILT_IN: readonly Detector[] = [
  privateKey,
  jwt,
  apiKey,
  urlCredentials,
  email,
  iban,
  card,
  ...nationalIds,
  dateOfBirth,
  ip,
  mac,
];

/** The detectors of a gateway. Scanners are made of it, one for each set of detectors and column. */
export class DetectorSet {
  readonly #byName: ReadonlyMap<string, Detector>;

  /** @throws {MaskingError} for a pattern that cannot be compiled, a name that is taken, or an unknown phone region. */
  constructor(options: DetectorOptions = {}) {
    const all = [...BUILT_IN, phoneDetector(options.phoneRegion), secret];
    const byName = new Map(all.map((detector) => [detector.name, detector]));
    for (const own of options.patterns ?? []) {
      if (byName.has(own.name) || own.name === NATIONAL_ID) {
        throw new MaskingError('ERR_MASKING_PATTERN', `there is a detector \`${own.name}\` already`, {
          source: 'config',
        });
      }
      byName.set(own.name, ownPatternDetector(own));
    }
    this.#byName = byName;
  }

  /** Names that `detect:` may use. */
  get names(): readonly string[] {
    return [...this.#byName.keys(), NATIONAL_ID];
  }

  /** Whether some of these are patterns of the configuration. */
  hasOwn(names: readonly string[]): boolean {
    return names.some((name) => this.#byName.get(name)?.text !== undefined);
  }

  /**
   * Names without `national-id`, in the order of precedence, each once.
   *
   * @throws {MaskingError} `ERR_MASKING_DETECTOR` for a name that is none.
   */
  expand(names: readonly string[]): readonly string[] {
    const wanted = new Set<string>();
    for (const name of names) {
      if (name === NATIONAL_ID) {
        nationalIds.forEach((detector) => wanted.add(detector.name));
      } else if (this.#byName.has(name)) {
        wanted.add(name);
      } else {
        throw new MaskingError(
          'ERR_MASKING_DETECTOR',
          `there is no detector \`${name}\`; there are ${this.names.join(', ')}`,
          { source: 'config' },
        );
      }
    }
    return [...this.#byName.keys()].filter((name) => wanted.has(name));
  }

  /**
   * Makes a scanner.
   *
   * @param column name of the column, header or key that the values come from: it decides what is found in context.
   * @throws {MaskingError} `ERR_MASKING_DETECTOR` for a name that is none.
   */
  scanner(names: readonly string[], column?: string): Scanner {
    const detectors = this.expand(names).flatMap((name) => this.#byName.get(name) ?? []);
    return new Scanner(detectors, columnHints(column));
  }
}
