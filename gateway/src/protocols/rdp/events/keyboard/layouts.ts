/** What keys write, by the place of the key (set 1 of scan codes) and the layout that the client named. For people who watch. */

/** Three texts in the order of {@link PLACES}: alone, with Shift, with AltGr; a space stands for nothing. */
interface LayoutTexts {
  readonly plain: string;
  readonly shift: string;
  readonly altGr: string;
}

/** Scan codes of the keys that write: the row of digits, the three rows of letters, and the key beside the left Shift. */
const PLACES: readonly number[] = [
  ...range(0x29, 0x29),
  ...range(0x02, 0x0d),
  ...range(0x10, 0x1b),
  ...range(0x1e, 0x28),
  0x2b,
  ...range(0x2c, 0x35),
  0x56,
];

const US: LayoutTexts = {
  plain: "`1234567890-=qwertyuiop[]asdfghjkl;'\\zxcvbnm,./\\",
  shift: '~!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:"|ZXCVBNM<>?|',
  altGr: '',
};

/** Layouts by the low word of their identifier (MS-LCID). */
const LAYOUTS: ReadonlyMap<number, LayoutTexts> = new Map([
  [0x0409, US],
  [
    0x0809,
    {
      plain: "`1234567890-=qwertyuiop[]asdfghjkl;'#zxcvbnm,./\\",
      shift: '¬!"£$%^&*()_+QWERTYUIOP{}ASDFGHJKL:@~ZXCVBNM<>?|',
      altGr: '¦   €',
    },
  ],
  [
    0x0407,
    {
      plain: '^1234567890ß´qwertzuiopü+asdfghjklöä#yxcvbnm,.-<',
      shift: '°!"§$%&/()=?`QWERTZUIOPÜ*ASDFGHJKLÖÄ\'YXCVBNM;:_>',
      altGr: '  ²³   {[]}\\ @ €        ~                      |',
    },
  ],
  [
    0x040c,
    {
      plain: '²&é"\'(-è_çà)=azertyuiop^$qsdfghjklmù*wxcvbn,;:!<',
      shift: ' 1234567890°+AZERTYUIOP¨£QSDFGHJKLM%µWXCVBN?./§>',
      altGr: '  ~#{[|`\\^@]}  €',
    },
  ],
  [
    0x0c0a,
    {
      plain: "º1234567890'¡qwertyuiop`+asdfghjklñ´çzxcvbnm,.-<",
      shift: 'ª!"·$%&/()=?¿QWERTYUIOP^*ASDFGHJKLÑ¨ÇZXCVBNM;:_>',
      altGr: '\\|@#~€¬',
    },
  ],
]);

/** What a key writes; empty where it writes nothing. A layout that is not known is read as US English. */
export function writtenBy(
  scancode: number,
  layout: number,
  { shift, altGr }: { readonly shift: boolean; readonly altGr: boolean },
): string {
  const index = PLACES.indexOf(scancode);
  if (index < 0) return '';
  const texts = LAYOUTS.get(layout & 0xffff) ?? US;
  const text = altGr ? texts.altGr : shift ? texts.shift : texts.plain;
  return (text[index] ?? '').trim();
}

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
