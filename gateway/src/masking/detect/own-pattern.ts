import { RE2JS } from 're2js';
import { MaskingError } from '../errors.ts';
import type { Detector } from './detector.ts';

/** A pattern that the config or a policy names. */
export interface OwnPattern {
  /** As used in `detect:`; lower case letters, digits and dashes. */
  readonly name: string;
  /** Regular expression in RE2's syntax: linear time, so without look-around and back-references. */
  readonly pattern: string;
  readonly ignoreCase?: boolean;
}

const LONGEST_PATTERN = 1000;

/**
 * Makes a detector of an own pattern. It sees bytes as Latin-1 characters, so that text that is no UTF-8 hides
 * nothing; the letters of a pattern outside of ASCII are turned into their UTF-8 bytes.
 *
 * @throws {MaskingError} `ERR_MASKING_PATTERN`, which says what is wrong with it.
 */
export function ownPatternDetector(own: OwnPattern): Detector {
  const expression = compile(own);
  return {
    name: own.name,
    text(input) {
      const text = input.slice(input.start, input.end);
      const matcher = expression.matcher(text);
      while (matcher.find()) {
        if (matcher.end() > matcher.start()) {
          input.hit(input.start + matcher.start(), input.start + matcher.end());
        }
      }
    },
  };
}

function compile({ name, pattern, ignoreCase }: OwnPattern): RE2JS {
  const problem = (what: string, cause?: unknown): MaskingError =>
    new MaskingError('ERR_MASKING_PATTERN', `the pattern \`${name}\` ${what}`, {
      source: 'config',
      ...(cause === undefined ? {} : { cause }),
    });
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(name)) {
    throw problem('needs a name of lower case letters, digits and dashes');
  }
  if (pattern.length > LONGEST_PATTERN) {
    throw problem(`is longer than ${LONGEST_PATTERN} characters`);
  }
  if (/[^\x00-\x7f]/.test(pattern) && /\[[^\]]*[^\x00-\x7f]/.test(pattern)) {
    throw problem('holds a character outside of ASCII in brackets; write the alternatives with `|`');
  }
  let expression: RE2JS;
  try {
    expression = RE2JS.compile(
      Buffer.from(pattern).toString('latin1'),
      ignoreCase === true ? RE2JS.CASE_INSENSITIVE : 0,
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'not a regular expression';
    throw problem(`cannot be compiled: ${reason}; look-around and back-references are not available`, error);
  }
  if (expression.matcher('').find()) {
    throw problem('matches the empty text, so it would match everywhere');
  }
  return expression;
}
