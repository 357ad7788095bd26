/** A call at the door, as far as hooks may know it. */
export interface CallInfo<Metadata = unknown> {
  /** `/package.Service/Method`. */
  readonly method: string;
  /** The peer as the transport names it, such as `127.0.0.1:50101`; read it while the call is under way. */
  readonly peer: string;
  /** The call's metadata, in the transport's own type. */
  readonly metadata: Metadata;
  /** The values of a metadata key that holds text, in order; none if it is not there. */
  header(key: string): readonly string[];
}
