import { refusal } from '../errors.js';
import { keyTimeMs, nsToMs } from '../token/times.js';
import type { TimeWindow } from './time-window.js';

/** How far ahead of the node a certificate may be dated, where its age is limited; in milliseconds. */
const MAX_AHEAD_MS = 86_400_000;

/**
 * When a certificate is good. The wallet signed both of its times.
 * @param timestamp when it was made, as signed: nanoseconds from 10^15 up, milliseconds below, 0 for unknown.
 * @param notAfterNs when it ends; `undefined` for never.
 * @param maxAgeMs how old it may be; `undefined` for any age. With a limit, an unknown age is too old.
 * @returns `undefined` if it is good at all times.
 */
export function certificateWindow(
  timestamp: bigint,
  notAfterNs: bigint | undefined,
  maxAgeMs: number | undefined,
): TimeWindow | undefined {
  if (notAfterNs === undefined && maxAgeMs === undefined) return undefined;
  const endMs = notAfterNs === undefined ? Infinity : nsToMs(notAfterNs);
  if (maxAgeMs === undefined) return { notBeforeMs: -Infinity, notAfterMs: endMs };
  const madeMs = keyTimeMs(timestamp) ?? -Infinity;
  return { notBeforeMs: madeMs - MAX_AHEAD_MS, notAfterMs: Math.min(endMs, madeMs + maxAgeMs) };
}

/** @throws AuthError CERTIFICATE_EXPIRED outside of the window. */
export function checkCertificateWindow(window: TimeWindow | undefined, nowMs: number): void {
  if (window === undefined || (nowMs >= window.notBeforeMs && nowMs <= window.notAfterMs)) return;
  throw refusal('CERTIFICATE_EXPIRED', { cause: { nowMs, ...window } });
}
