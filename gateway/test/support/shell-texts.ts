/** Texts for shells, in which nothing runs but `c1`, `c2` and `c3`. */
import fc from 'fast-check';

/** Pieces of words, well formed. */
const piece = fc.constantFrom(
  'a',
  'B',
  '1',
  'é',
  '-r',
  '=',
  '\\ ',
  '\\"',
  "\\'",
  '\\\\',
  '\\$',
  '\\a',
  '\\*',
  '"a b"',
  '"\\$x"',
  '"\\a"',
  '"a\\\\b"',
  "'a  b'",
  "'\\'",
  "'\"'",
  '"\'"',
  "''",
  '""',
  "$'a\\tb'",
  "$'\\x41\\101\\u00e9'",
  "$'it\\'s'",
  '$"l"',
  '"$x"',
  '$x',
  '${x}',
  '"${x:-d}"',
  '${x:+e}',
  '${#x}',
  '"${y%b}"',
  '${y##*a}',
  '$((1+2*3))',
  '"$(c2 s)"',
  '$(c2 s)',
  '`c2 t`',
  '"`c2 "u v"`"',
  '*',
  '?',
  '[ab]',
  '{p,q}',
  '{1..3}',
  '#',
  '!',
  '%',
  '@',
  '^',
  ',',
  ':',
  '+',
  '\\\n',
  '"x\\\ny"',
  '~',
  '{',
  '}',
  'x=',
  '$',
  '"$"',
  '{a',
  '$@',
  '"$@"',
  '"a$@b"',
);
const word = fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join(''));
const assignment = fc.tuple(fc.constantFrom('v', 'w'), word).map(([name, value]) => `${name}=${value}`);
const simple = fc
  .tuple(
    fc.array(assignment, { maxLength: 1 }),
    fc.constantFrom('c1', "c'2'", '"c3"', '\\c1'),
    fc.array(word, { maxLength: 4 }),
    fc.constantFrom('', '', '', ' <<E\nd $x "\\$x\nE\n', " <<'E'\nd $x\nE\n", ' <<< "h $x"', ' 2>&1', ' >&2'),
  )
  .map(
    ([assignments, name, words, redirection]) =>
      `${[...assignments, name, ...words].join(' ')}${redirection}`,
  );

const grammar = fc.letrec<{ text: string; command: string }>((tie) => ({
  command: fc.oneof(
    { withCrossShrink: true, maxDepth: 3 },
    simple,
    tie('text').map((text) => `{ ${text}\n}`),
    tie('text').map((text) => `( ${text}\n)`),
    fc.tuple(tie('text'), tie('text')).map(([a, b]) => `if ${a}\nthen ${b}\nfi`),
    fc
      .tuple(fc.array(word, { maxLength: 3 }), tie('text'))
      .map(([words, a]) => `for i in ${words.join(' ')}\ndo ${a}\ndone`),
    fc.tuple(word, tie('text')).map(([one, a]) => `case ${one} in a*|"b c") ${a}\n;; *) c3 x;; esac`),
    tie('command').map((one) => `! ${one}`),
  ),
  text: fc
    .array(fc.tuple(tie('command'), fc.constantFrom('\n', '\n', ' && ', ' || ', ' | ', ' & ')), {
      minLength: 1,
      maxLength: 3,
    })
    // A separator behind the end of a here-document would be no command.
    .map((parts) =>
      parts
        .map(([one, separator]) => one + (one.endsWith('\n') ? '' : separator))
        .join('')
        .replace(/ (?:&&|\|\||\|) $/, ''),
    ),
}));

/** Texts of commands `c1`, `c2` and `c3` that are grammatical, or nearly. */
export const shellText: fc.Arbitrary<string> = grammar.text;

/** Anything that these make: no function, no loop without an end, no path. */
export const shellSoup: fc.Arbitrary<string> = fc
  .array(
    fc.constantFrom(
      'c1 ',
      'c2 ',
      'c3',
      ' ',
      '\n',
      ';',
      '|',
      '&&',
      '||',
      '&',
      '"',
      "'",
      '\\',
      '$x',
      '${x}',
      '$(c2 a)',
      '`c3`',
      '(c2 b)',
      '#',
      '*',
      'a',
      'b',
      '{a,b}',
      '! ',
      'if ',
      'then ',
      'fi',
      'else ',
      'for i in ',
      'do ',
      'done',
      'case a in ',
      'a) ',
      ';;',
      'esac',
      "$'",
      '\\x41',
      '[a]',
      '=',
      'v=',
      '<<E',
      '\nE\n',
      '<<<',
      '{ ',
      '}',
      '$((1))',
      '"$(',
      '|&',
      '\t',
    ),
    { maxLength: 14 },
  )
  .map((parts) => parts.join(''));

/** The same within programs that run them. */
export const wrappedText: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(
      (text: string) => text,
      (text: string) => `sudo sh -c ${quoted(text)}`,
      (text: string) => `bash -lc ${quoted(text)} a b`,
      (text: string) => `ssh host ${quoted(text)}`,
      (text: string) => `ssh host sh -c ${quoted(quoted(text))}`,
      (text: string) => `bash <<'TEXT'\n${text}\nTEXT`,
      (text: string) => `ssh host <<'TEXT'\n${text}\nTEXT`,
      (text: string) => `find . -exec sh -c ${quoted(text)} _ {} + -exec c1 {} \\;`,
      (text: string) => `xargs -n1 timeout 5 sh -c ${quoted(text)}`,
      (text: string) => `su - bob -c ${quoted(text)}`,
      (text: string) => `env A=b nice -n 3 bash -c ${quoted(text)}`,
      (text: string) => `docker exec c sh -c ${quoted(text)}; watch ${quoted(text)}`,
      (text: string) => `cd /srv && c1 x > y && sh -c ${quoted(text)}`,
    ),
    shellText,
  )
  .map(([wrap, text]) => wrap(text));

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
