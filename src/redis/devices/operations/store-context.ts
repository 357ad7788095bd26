import type { StoreSettings } from '../../../devices/store.js';
import type { DeviceKeys } from '../keys.js';
import { freshToken, type Run } from '../run-scripts.js';

/** What the operations of a store share. */
export interface StoreContext {
  readonly run: Run;
  readonly keys: DeviceKeys;
  readonly logLength: number;
  /** @throws Error before the store is open. */
  readonly settings: StoreSettings;
  /** Tells the node what is revoked, in texts of the log. @throws what the node throws. */
  tell(texts: readonly string[]): void;
}

/** The arguments with which scripts begin that end rows and write to the log. */
export const endingArgs = ({ logLength, settings }: StoreContext): (string | number)[] => [
  freshToken(),
  logLength,
  settings.cleansUp ? 1 : 0,
];
