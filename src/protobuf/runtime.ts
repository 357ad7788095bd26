// The part of protobuf-es that the package uses.
export { create, fromBinary, getOption, hasOption, toBinary } from '@bufbuild/protobuf';
