import type { DescExtension, DescFile, DescMessage, DescMethod } from '@bufbuild/protobuf';

import { isMarked, typesWithMarks } from './own-wallet.js';

/**
 * Refuses what could not be checked: protobuf-es keeps extensions (proto2) outside the fields of their message, where no other
 * library looks for them either.
 * @throws TypeError naming an extension of something that a request can hold, if it has the option `own_wallet` or holds a
 *   message with such a field. Extensions in files that the services' files do not import are not known.
 */
export function refuseMarkedExtensions(methods: Iterable<DescMethod>): void {
  const files = new Set<DescFile>();
  const types = new Set<DescMessage>();
  for (const { input, parent } of methods) {
    types.add(input);
    files.add(parent.file).add(input.file);
  }
  for (const { dependencies } of files) for (const file of dependencies) files.add(file);
  const extensions = [...files].flatMap(extensionsIn);
  for (const type of types) {
    for (const { message } of type.fields) if (message) types.add(message);
    for (const extension of extensions) {
      if (extension.extendee !== type) continue;
      const { message } = extension;
      if (isMarked(extension) || (message && typesWithMarks(message).has(message))) throw notChecked(extension);
      if (message) types.add(message);
    }
  }
}

function notChecked(extension: DescExtension): TypeError {
  return new TypeError(
    `${extension.toString()}: own_wallet is not checked in extensions; use a field of the message itself`,
  );
}

/** The extensions that a file declares, in messages too. */
function extensionsIn({ extensions, messages }: DescFile): readonly DescExtension[] {
  const all = new Set(messages);
  for (const { nestedMessages } of all) for (const message of nestedMessages) all.add(message);
  return [...extensions, ...[...all].flatMap(({ nestedExtensions }) => nestedExtensions)];
}
