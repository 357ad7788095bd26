/** Longest label of a device, in characters: Unicode code points. */
export const MAX_LABEL_LENGTH = 64;

/** Characters that would harm a list of devices: C0, C1 and DEL, what turns the direction of text, halves of characters. */
const HARMFUL = /[\p{Control}\p{Bidi_Control}\p{Surrogate}]/u;

/** Whether a text can be the label of a device: at most 64 characters, none of them harmful. Empty is no label. */
export function isDeviceLabel(text: string): boolean {
  if (text.length > 2 * MAX_LABEL_LENGTH || HARMFUL.test(text)) return false;
  return Array.from(text).length <= MAX_LABEL_LENGTH;
}
