/** What the gateways of the results leg do: ways of masking, and of recording. */

/** Ten detectors of different kinds. */
const TEN = 'email, phone, card, iban, us-ssn, ip, mac, jwt, api-key, private-key';

/** One way of masking: the group of the token decides. */
export const MASKS: Readonly<Record<string, string>> = {
  'no mask': '',
  'one column null': 'mask: [{ columns: ["*.email"], with: "null" }]',
  'one column redact': 'mask: [{ columns: ["*.email"], with: redact }]',
  'one column partial': 'mask: [{ columns: ["*.email"], with: partial }]',
  'one column pseudonym': 'mask: [{ columns: ["*.email"], with: pseudonym }]',
  'ten detectors': `mask: [{ detect: [${TEN}], with: redact }]`,
};

/** The group that gets a way of masking. */
export function groupOf(mask: string): string {
  return mask.replaceAll(' ', '-');
}

/** Each group of a way of masking may read the table so. */
export const RESULTS_POLICY: string = `apiVersion: sallyport.dev/v1
rules:
  - { id: connect, effect: allow, on: connect, match: { groups: [bench] } }
${Object.entries(MASKS)
  .map(([name, mask]) => {
    const match = `{ groups: [${groupOf(name)}], resources: [shop], tables: ["public.customers"] }`;
    return `  - { id: ${groupOf(name)}, effect: allow, on: sql, match: ${match}${mask === '' ? '' : `, ${mask}`} }`;
  })
  .join('\n')}
`;

/** How sessions are recorded. */
export const RECORDINGS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  off: { enabled: false },
  default: {},
  whole: { resultBytes: 1024 ** 4, sessionBytes: 1024 ** 4 },
};
