import type { Detector } from '../../detect/detector.ts';
import { cnResidentId, esDni, fiHetu, itCodiceFiscale, ukNino } from './lettered.ts';
import { caSin, usItin, usSsn } from './north-america.ts';
import { dkCpr, noFnr, plPesel, sePersonnummer } from './northern-europe.ts';
import { brCpf, inAadhaar } from './other-continents.ts';
import { beRrn, chAhv, deSteuerId, frNir, nlBsn, ukNhs } from './western-europe.ts';

/** Identity numbers of people, each usable by its own name; `national-id` stands for all. */
export const nationalIds: readonly Detector[] = [
  usSsn,
  usItin,
  caSin,
  brCpf,
  deSteuerId,
  frNir,
  esDni,
  itCodiceFiscale,
  nlBsn,
  beRrn,
  chAhv,
  ukNino,
  ukNhs,
  sePersonnummer,
  noFnr,
  dkCpr,
  fiHetu,
  plPesel,
  inAadhaar,
  cnResidentId,
];
