import { crc32 } from 'node:zlib';

/** A value that is not what was written, or not under this key. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** A value as text, with a checksum of it and its key: LevelDB does not compare its own when it reads. */
export function sealed(key: string, value: unknown): string {
  const body = JSON.stringify(value);
  return `${sumOf(key, body)} ${body}`;
}

/** What a text stands for. @throws Unreadable naming the key. */
export function unsealed<T>(key: string, text: string, parse: (value: unknown) => T): T {
  const body = text.slice(9);
  if (text.slice(0, 9) !== `${sumOf(key, body)} `) throw new Unreadable(`${key} cannot be read`);
  try {
    return parse(JSON.parse(body));
  } catch (error) {
    throw new Unreadable(`${key} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/** The same, `undefined` and reported if it cannot be read. */
export function readValue<T>(
  key: string,
  text: string,
  parse: (value: unknown) => T,
  report: (error: Error) => void,
): T | undefined {
  try {
    return unsealed(key, text, parse);
  } catch (error) {
    report(error as Error);
    return undefined;
  }
}

function sumOf(key: string, body: string): string {
  return crc32(`${key} ${body}`).toString(16).padStart(8, '0');
}
