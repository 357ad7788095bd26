/**
 * Where identities are kept between two runs, one for each wallet. `exportIdentity` writes the bytes, which begin with their
 * version, and `importIdentity` checks them: a storage need not understand them. They hold a private key.
 */
export interface IdentityStorage {
  /**
   * Whether what was saved is still there in the next run. It may become `false`: a storage that finds it cannot write goes on in
   * memory.
   */
  readonly isPersistent: boolean;
  /**
   * The name of what several tabs of one origin have in common here. Sessions with the same name show one prompt at a time and learn
   * of each other's logins and logouts. Default: the storage is this session's alone.
   */
  readonly sharedName?: string | undefined;
  /**
   * What is kept for a wallet.
   * @param wallet its address in EIP-55 case.
   * @returns `undefined` if there is nothing that can be read. Another identity may take its place then.
   * @throws if something is there that must not be replaced.
   */
  load(wallet: string): Promise<Uint8Array | undefined>;
  /** Keeps an identity in the place of the wallet's earlier one: all of it, or, where this rejects, nothing. */
  save(wallet: string, identity: Uint8Array): Promise<void>;
  /** Forgets what is kept for a wallet; does nothing if that is nothing. */
  remove(wallet: string): Promise<void>;
}
