/** The gRPC status codes that the device service answers beside those of AuthError. */
const CODES = { INVALID_ARGUMENT: 3, NOT_FOUND: 5, FAILED_PRECONDITION: 9, UNIMPLEMENTED: 12 } as const;

/** A wrong request to the device service. Its message is for the caller. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  /** The gRPC status code. */
  readonly code: number;

  constructor(status: keyof typeof CODES, message: string) {
    super(message);
    this.code = CODES[status];
  }
}
