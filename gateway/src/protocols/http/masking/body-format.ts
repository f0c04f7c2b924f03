/** Which masker reads a body, by its content type. */
import type { BodyMasker, MaskContext } from './body-masker.ts';
import { type HttpMaskError, httpMaskError } from './errors.ts';
import { CsvMasker } from './formats/csv-masker.ts';
import { FormMasker } from './formats/form-masker.ts';
import { JsonMasker } from './formats/json-masker.ts';
import { SseMasker } from './formats/sse-masker.ts';
import { TextMasker } from './formats/text-masker.ts';
import { XmlMasker } from './formats/xml-masker.ts';

const MANY_JSON: ReadonlySet<string> = new Set([
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/json-lines',
  'application/x-jsonlines',
  'application/json-seq',
  'application/stream+json',
]);
const CSV: Readonly<Record<string, number | undefined>> = {
  'text/csv': undefined,
  'application/csv': undefined,
  'text/tab-separated-values': 0x09,
};
const HTML: ReadonlySet<string> = new Set(['text/html', 'application/xhtml+xml']);
const TEXT: ReadonlySet<string> = new Set([
  'application/javascript',
  'application/yaml',
  'application/x-yaml',
  'application/toml',
  'application/sql',
  'application/graphql',
]);
/** Text in these is bytes of ASCII where it is ASCII. */
const CHARSETS: ReadonlySet<string> = new Set([
  'utf-8',
  'utf8',
  'us-ascii',
  'ascii',
  'iso-8859-1',
  'latin1',
  'iso-8859-15',
  'windows-1252',
]);

/** A parameter of a content type, in lower case. */
const PARAMETER = /^[!#$%&'*+\-.^_`|~0-9a-z]+=(?:[!#$%&'*+\-.^_`|~0-9a-z/:]*|"[^"\\]*")$/;

/** A content type as it is sent: `essence` in lower case, and the parameters that matter here. */
interface ContentType {
  readonly essence: string;
  /** Every parameter has one reading. */
  readonly isPlain: boolean;
  readonly charset: string | undefined;
  readonly header: string | undefined;
}

/** The masker of a body, or why there is none. */
export function bodyMasker(
  context: MaskContext,
  contentType: string | undefined,
): BodyMasker | HttpMaskError {
  const { essence, charset, header, isPlain } = readContentType(contentType ?? '');
  if (!isPlain) return refusal('has a content type that can be read in more than one way');
  if (charset !== undefined && !CHARSETS.has(charset)) {
    return refusal('is in a character set in which masked fields are not looked for');
  }
  if (MANY_JSON.has(essence)) return new JsonMasker(context, true);
  if (essence === 'application/json' || essence === 'text/json' || essence.endsWith('+json')) {
    return new JsonMasker(context);
  }
  if (essence === 'text/event-stream') return new SseMasker(context);
  if (Object.hasOwn(CSV, essence)) {
    const delimiter = CSV[essence];
    return new CsvMasker(context, {
      hasHeader: header !== 'absent',
      ...(delimiter === undefined ? {} : { delimiter }),
    });
  }
  if (essence === 'application/x-www-form-urlencoded') return new FormMasker(context);
  if (isXml(essence) && !HTML.has(essence)) {
    try {
      return new XmlMasker(context);
    } catch {
      return refusal('is XML, and masked by a pattern that is more than names');
    }
  }
  const isText = essence.startsWith('text/') || HTML.has(essence) || TEXT.has(essence);
  if (!isText) return refusal('is of a type in which masked fields cannot be found');
  if (context.masks.asksForNames) return refusal('is text without fields, and fields of it are masked');
  return new TextMasker(context);
}

function isXml(essence: string): boolean {
  return essence === 'application/xml' || essence === 'text/xml' || essence.endsWith('+xml');
}

function readContentType(value: string): ContentType {
  const [essence = '', ...rest] = value.split(';').map((part) => part.trim().toLowerCase());
  const parameters = rest.filter((part) => part !== '');
  const names = parameters.map((part) => part.slice(0, part.indexOf('=')));
  const isPlain = parameters.every((part) => PARAMETER.test(part)) && new Set(names).size === names.length;
  const parameter = (name: string): string | undefined => {
    const found = parameters.find((part) => part.startsWith(`${name}=`));
    return found
      ?.slice(name.length + 1)
      .replaceAll('"', '')
      .trim();
  };
  return { essence, isPlain, charset: parameter('charset'), header: parameter('header') };
}

function refusal(what: string): HttpMaskError {
  return httpMaskError('ERR_HTTP_MASK_FORMAT', `the response ${what}`);
}
