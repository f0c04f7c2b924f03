/** A document that is not understood; caught by `readOperations`. The message is fit for denials. */
export class Refused extends Error {}
