import { getSystemErrorMap } from 'node:util';

/** What the operating system said, such as `no such file or directory`, without paths and codes. */
export function systemReason(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  return (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? message;
}
