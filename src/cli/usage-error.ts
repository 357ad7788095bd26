/** Something that whoever typed the command can put right. Its message is one line and quotes no secret. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
